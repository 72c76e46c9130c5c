import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One fenced block of a Markdown page. */
export interface Block {
  /** The first word of its info string: `sh`, `json`. */
  readonly language: string;
  /** The rest of its info string, which GitHub does not show: a file name, a request, an exit code. */
  readonly label: string;
  /** Its lines, with a line break at the end. */
  readonly text: string;
  readonly line: number;
  /** The heading above it, without its marks. */
  readonly section: string;
}

/** What a reader does at one place of a page: what was written and answered since the last command, then the command. */
export interface Step {
  readonly page: string;
  readonly before: readonly Block[];
  readonly command: Block;
  /** What the page says that the command prints. */
  readonly output: Block | undefined;
}

/** The text of a page, whose path starts at the root of the repository. */
export function readPage(page: string): string {
  return readFileSync(`${root}/${page}`, 'utf8');
}

/** All fenced blocks of a page, in order. */
export function blocksOf(markdown: string): Block[] {
  const found = markdown.matchAll(/^```(\w+)(?: ([^\n]+))?\n(.*?)^```$/gms);
  return [...found].map(({ 1: language = '', 2: label = '', 3: text = '', index }) => {
    const above = markdown.slice(0, index);
    const section =
      above
        .match(/^#{2,6} .+$/gm)
        ?.at(-1)
        ?.replace(/^#+ /, '') ?? '';
    return { language, label, text, line: above.split('\n').length, section };
  });
}

/** The commands of a page, each with the blocks that lead to it, and with the output that follows it. */
export function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  let before: Block[] = [];
  const blocks = blocksOf(readPage(page));
  for (const [at, block] of blocks.entries()) {
    if (block.language === 'sh' || block.language === 'crontab') {
      const next = blocks[at + 1];
      steps.push({ page, before, command: block, output: next?.language === 'output' ? next : undefined });
      before = [];
    } else if (block.language !== 'output') before.push(block);
  }
  return steps;
}
