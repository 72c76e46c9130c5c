// Reads what `cronsync --help` prints, and the help of each command.
import { PassThrough, Writable } from 'node:stream';
import { parseCommandLine } from '../../src/cli/program/program.ts';

/** The help of one command. */
export interface Help {
  /** `cronsync dead list`. */
  readonly name: string;
  /** What follows "Usage: ". */
  readonly usage: string;
  readonly description: string;
  /** `Options`, `Commands`, `Examples`, in the order of the help. */
  readonly lists: ReadonlyMap<string, readonly Row[]>;
  /** What follows the lists. */
  readonly notes: readonly string[];
}

/** `-c, --config <file>`, and what it means. */
export interface Row {
  readonly term: string;
  readonly meaning: string;
}

/** The help of a command and of all commands below it. */
export async function readHelp(words: readonly string[] = []): Promise<readonly Help[]> {
  const help = parseHelp(['cronsync', ...words].join(' '), await printedHelp(words));
  const below = (help.lists.get('Commands') ?? []).map(({ term }) => term.split(' ')[0] ?? '');
  const inner: Help[] = [];
  for (const name of below) if (name !== 'help') inner.push(...(await readHelp([...words, name])));
  return [help, ...inner];
}

/** So wide that nothing is broken into lines. */
const columns = 10_000;

async function printedHelp(words: readonly string[]): Promise<string> {
  let printed = '';
  const write = new Writable({
    write(chunk, _encoding, done) {
      printed += chunk;
      done();
    },
  });
  const stdout = Object.assign(write, { columns });
  await parseCommandLine([...words, '--help'], { stdin: new PassThrough(), stdout, stderr: stdout });
  return printed;
}

function parseHelp(name: string, text: string): Help {
  const [usage = '', description = '', ...blocks] = text.trimEnd().split('\n\n');
  const isList = (block: string) => /^\w[\w ]*:\n {2}/.test(block);
  return {
    name,
    usage: usage.replace(/^Usage: /, ''),
    description,
    lists: new Map(blocks.filter(isList).map(parseList)),
    notes: blocks.filter((block) => !isList(block)).map((block) => block.replaceAll('\n', ' ')),
  };
}

function parseList(block: string): [string, readonly Row[]] {
  const [title = '', ...lines] = block.split('\n');
  const rows = lines.map((line) => {
    const [, term = '', meaning = ''] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
    if (meaning === '') throw new Error(`this line of the help has no meaning beside its term: ${line}`);
    return { term, meaning };
  });
  return [title.replace(/:$/, ''), rows];
}
