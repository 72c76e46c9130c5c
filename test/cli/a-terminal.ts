import { PassThrough } from 'node:stream';
import type { LogEntry } from '../../src/cli/output/log-line.ts';
import type { Paint, Terminal } from '../../src/cli/terminal.ts';
import { silentLog } from '../../src/log.ts';

/** A terminal that keeps what is printed. Colours are written as `<red …>` if a test asks for them. */
export interface KeptTerminal extends Terminal {
  readonly printed: readonly string[];
  readonly reported: readonly string[];
  readonly shown: readonly string[];
  /** What a log in JSON would have. */
  readonly logged: readonly LogEntry[];
}

export function aTerminal(
  options: Partial<Pick<Terminal, 'isQuiet' | 'isJson' | 'isInteractive' | 'columns' | 'rows' | 'logFormat'>> & {
    colours?: true;
  } = {},
): KeptTerminal {
  const printed: string[] = [];
  const reported: string[] = [];
  const shown: string[] = [];
  const logged: LogEntry[] = [];
  const report = (text: string, entry?: LogEntry) => {
    reported.push(...text.split('\n'));
    if (entry) logged.push(entry);
  };
  const { colours, ...modes } = options;
  const paint = colours ? painted : plain;
  return {
    printed,
    reported,
    shown,
    logged,
    print: (line) => void printed.push(line),
    report,
    show: (line) => void shown.push(line),
    log: { ...silentLog, warn: (message) => report(`warn ${message}`), debug: (message) => report(`debug ${message}`) },
    out: paint,
    err: paint,
    isQuiet: false,
    isJson: false,
    logFormat: 'text',
    columns: undefined,
    rows: undefined,
    isInteractive: false,
    command: 'cronsync',
    caller: { cwd: '/', env: {}, terminal: streams(), signal: new AbortController().signal },
    mask: (text) => text,
    redact() {},
    identify() {},
    ...modes,
  };
}

function streams() {
  return { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
}

const as = (name: string) => (text: string) => `<${name} ${text}>`;
const painted: Paint = {
  red: as('red'),
  green: as('green'),
  yellow: as('yellow'),
  cyan: as('cyan'),
  dim: as('dim'),
  bold: as('bold'),
};
const asItIs = (text: string) => text;
const plain: Paint = { red: asItIs, green: asItIs, yellow: asItIs, cyan: asItIs, dim: asItIs, bold: asItIs };
