/** The shells whose completion there is. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/**
 * What each shell runs when it starts, so that it asks this program what may follow. The words go to it as arguments, never
 * through `eval`: what is typed is not run. An answer is a line for each candidate, with a tab before its description, or
 * `:file`.
 */
export const scripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `# cronsync completion for bash: source <(cronsync completion bash)
_cronsync() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :file ]]; then compopt -o default; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _cronsync cronsync`,

  zsh: `#compdef cronsync
# cronsync completion for zsh: source <(cronsync completion zsh)
_cronsync() {
  local line tab=$'\\t'
  local -a found
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :file) _files; return ;;
      ?*) found+=("\${\${line//:/\\\\:}/$tab/:}") ;;
    esac
  done
  _describe cronsync found
}
if [[ $funcstack[1] == _cronsync ]]; then _cronsync "$@"; else compdef _cronsync cronsync; fi`,

  fish: `# cronsync completion for fish: cronsync completion fish | source
function __cronsync_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ":file"
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c cronsync -f -a '(__cronsync_complete)'`,
};
