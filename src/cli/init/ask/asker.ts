import { ExitCode, StopError } from '../../../errors.ts';
import type { Terminal } from '../../terminal.ts';

/** One thing that a person may choose. */
export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string;
}

/** Puts questions to a person. Ctrl-C throws `StopError`. */
export interface Asker {
  choose<Value>(question: string, choices: readonly Choice<Value>[]): Promise<Value>;
  chooseSome<Value>(question: string, choices: readonly Choice<Value>[]): Promise<readonly Value[]>;
  /** `problemOf` says what is wrong with a text; undefined: nothing. */
  write(question: string, example: string, problemOf: (text: string) => string | undefined): Promise<string>;
  isRight(question: string): Promise<boolean>;
}

/** Who can be asked: null without a terminal, with `--json`, and with `--yes`. */
export async function openAsker(terminal: Terminal, isSilent: boolean | undefined): Promise<Asker | null> {
  const { stdin } = terminal.caller.terminal;
  if (isSilent || !terminal.isInteractive || !stdin.isTTY) return null;
  const clack = await import('@clack/prompts');
  const { stderr: output } = terminal.caller.terminal;
  const common = { input: stdin, output, signal: terminal.caller.signal };
  const unlessCancelled = <Value>(answer: Value): Exclude<Value, symbol> => {
    if (typeof answer === 'symbol') throw new StopError(ExitCode.sigint);
    return answer as Exclude<Value, symbol>;
  };
  return {
    async choose<Value>(message: string, choices: readonly Choice<Value>[]) {
      const options = choices.map(({ label, hint }, value) => ({ value, label, ...(hint !== undefined && { hint }) }));
      const at = unlessCancelled(await clack.select<number>({ message, options, ...common }));
      return chosen(choices, at);
    },
    async chooseSome<Value>(message: string, choices: readonly Choice<Value>[]) {
      const options = choices.map(({ label, hint }, value) => ({ value, label, ...(hint !== undefined && { hint }) }));
      const places = unlessCancelled(await clack.multiselect<number>({ message, options, required: true, ...common }));
      return places.map((at) => chosen(choices, at));
    },
    async write(message, placeholder, problemOf) {
      const validate = (text: string | undefined) => problemOf(text ?? '');
      return unlessCancelled(await clack.text({ message, placeholder, validate, ...common }));
    },
    async isRight(message) {
      return unlessCancelled(await clack.confirm({ message, ...common }));
    },
  };
}

function chosen<Value>(choices: readonly Choice<Value>[], at: number): Value {
  const choice = choices[at];
  if (choice === undefined) throw new RangeError(`choice ${at} does not exist`);
  return choice.value;
}
