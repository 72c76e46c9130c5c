// Writes the help of all commands as a manual page, in the macros of man(7).
import type { Help, Row } from './help.ts';

export interface About {
  readonly version: string;
  readonly homepage: string;
}

/** The manual page `cronsync(1)`. Equal help gives an equal page. */
export function manualPage([program, ...commands]: readonly Help[], { version, homepage }: About): string {
  if (program === undefined) throw new Error('the help is empty: nothing to make a page of');
  const everywhere = sharedRows(commands);
  const named = commands.filter(({ lists }) => !lists.has('Commands'));
  return lines([
    macro('.TH', 'CRONSYNC', '1', '', `cronsync ${version}`, 'User commands'),
    ...['.SH NAME', `cronsync \\- ${text(lowered(program.description))}`],
    ...['.SH SYNOPSIS', ...named.flatMap(synopsis)],
    ...['.SH DESCRIPTION', text(program.description), ...program.notes.flatMap((note) => ['.PP', text(note)])],
    ...['.SH OPTIONS', text('Every command takes these.'), ...everywhere.flatMap(entry)],
    '.SH COMMANDS',
    ...named.flatMap((command) => section(command, everywhere)),
    ...['.SH EXIT STATUS', ...rowsOf(program, 'Exit codes').flatMap(entry)],
    ...['.SH EXAMPLES', ...rowsOf(program, 'Examples').flatMap(entry)],
    ...['.SH SEE ALSO', text(`The folder docs of the package, and ${homepage}`)],
  ]);
}

function section({ name, description, lists }: Help, everywhere: readonly Row[]): readonly string[] {
  const known = new Set(everywhere.map(({ term }) => term));
  const own = ['Arguments', 'Options']
    .flatMap((title) => lists.get(title) ?? [])
    .filter(({ term }) => !known.has(term));
  return [macro('.SS', name), text(sentence(description)), ...own.flatMap(entry)];
}

/** The options that all commands have. */
function sharedRows(commands: readonly Help[]): readonly Row[] {
  const runnable = commands.filter(({ lists }) => !lists.has('Commands'));
  const rows = runnable.map((command) => rowsOf(command, 'Options'));
  const [first = []] = rows;
  return first.filter(({ term }) => rows.every((others) => others.some((other) => other.term === term)));
}

function rowsOf({ name, lists }: Help, title: string): readonly Row[] {
  const rows = lists.get(title);
  if (rows === undefined) throw new Error(`the help of ${name} has no list "${title}"`);
  return rows;
}

function synopsis({ usage }: Help, at: number): readonly string[] {
  return [...(at === 0 ? [] : ['.br']), text(usage)];
}

function entry({ term, meaning }: Row): readonly string[] {
  return ['.TP', `\\fB${text(term)}\\fR`, text(sentence(meaning))];
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.?!]$/.test(words) ? '' : '.'}`;
}

function lowered(words: string): string {
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}`.replace(/\.$/, '');
}

/** One line of text: nothing in it is a command to the formatter, and each minus can be copied. */
function text(words: string): string {
  const escaped = words.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function macro(name: string, ...words: readonly string[]): string {
  return [name, ...words.map((word) => `"${text(word).replaceAll('"', '\\(dq')}"`)].join(' ');
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
