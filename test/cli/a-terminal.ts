import type { Console, Paint } from '../../src/cli/terminal.ts';
import { silentLog } from '../../src/log.ts';

/** A console that keeps what it is given. Colours are written as `<red …>`, where they are asked for. */
export interface KeptConsole extends Console {
  readonly printed: readonly string[];
  readonly told: readonly string[];
  readonly shown: readonly string[];
}

export function aConsole(
  options: Partial<Pick<Console, 'isQuiet' | 'isJson' | 'isLive' | 'columns'>> & { colours?: true } = {},
): KeptConsole {
  const printed: string[] = [];
  const told: string[] = [];
  const shown: string[] = [];
  const tell = (line: string) => void told.push(line);
  const { colours, ...modes } = options;
  const paint = colours ? painted : plain;
  return {
    printed,
    told,
    shown,
    print: (line) => void printed.push(line),
    tell,
    show: (line) => void shown.push(line),
    log: { ...silentLog, warn: (message) => tell(`warn ${message}`), debug: (message) => tell(`debug ${message}`) },
    out: paint,
    err: paint,
    isQuiet: false,
    isJson: false,
    columns: undefined,
    isLive: false,
    redact() {},
    ...modes,
  };
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
