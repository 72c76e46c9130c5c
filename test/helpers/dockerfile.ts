import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aDebianTree, type DebianTree } from './debian-tree.ts';

/** What a Dockerfile made: a tree, and how its command starts. */
export interface Image extends AsyncDisposable {
  readonly tree: DebianTree;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, without comments, each on one line. */
function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const whole = lines.join('\n').replace(/\\\n/g, '');
  return [...whole.matchAll(/^([A-Z]+) +(.+)$/gm)].map(([, word = '', rest = '']) => ({ word, rest }));
}

/**
 * Does what a Dockerfile says, instruction by instruction, in trees of Debian in place of layers; only the instructions that
 * ours has. The context is a folder with `.dockerignore`.
 */
export async function replay(dockerfile: string, context: string): Promise<Image> {
  const stages = new Map<string, Stage>();
  let last: Stage | undefined;
  try {
    for (const { word, rest } of instructionsOf(dockerfile)) {
      if (word === 'FROM') {
        const [, image = '', name = ''] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
        last = new Stage(await baseOf(image));
        stages.set(name, last);
      } else if (word === 'COPY')
        last?.copy(rest, (from) => (from === undefined ? context : stages.get(from)?.tree.path));
      else await last?.take(word, rest);
    }
    if (last === undefined) throw new Error('there is no FROM');
    stages.delete('');
    return last;
  } catch (error) {
    await last?.[Symbol.asyncDispose]();
    throw error;
  } finally {
    for (const stage of stages.values()) await stage[Symbol.asyncDispose]();
  }
}

/** The Node.js of a tree is that of this repository, so an image of another one has no tree. */
async function baseOf(image: string): Promise<DebianTree> {
  if (image === `node:${process.versions.node}-trixie-slim`) return aDebianTree('node');
  if (image === 'debian:trixie-slim') return aDebianTree();
  throw new Error(`the image ${image} has no tree`);
}

class Stage implements Image {
  readonly tree: DebianTree;
  env: Record<string, string> = {};
  cwd = '/';
  user = '0:0';
  entrypoint: readonly string[] = [];
  command: readonly string[] = [];

  constructor(tree: DebianTree) {
    this.tree = tree;
  }

  async take(word: string, rest: string): Promise<void> {
    if (word === 'RUN') await this.#run(rest);
    else if (word === 'ENV')
      for (const [, name = '', value = ''] of rest.matchAll(/(\w+)="([^"]*)"/g)) this.env[name] = value;
    else if (word === 'USER') this.user = rest;
    else if (word === 'ENTRYPOINT') this.entrypoint = JSON.parse(rest);
    else if (word === 'CMD') this.command = JSON.parse(rest);
    else if (word === 'WORKDIR') {
      this.cwd = rest;
      mkdirSync(join(this.tree.path, rest), { recursive: true });
    } else throw new Error(`the replay does not know ${word}`);
  }

  /** As Docker does: files keep their mode and belong to root, and of a folder its content is copied. */
  copy(rest: string, find: (stage: string | undefined) => string | undefined): void {
    const [, from, words = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(rest) ?? [];
    const [to = '', ...sources] = words.split(' ').toReversed();
    const folder = find(from);
    if (folder === undefined) throw new Error(`the stage ${from} is unknown`);
    const target = join(this.tree.path, to.startsWith('/') ? to : join(this.cwd, to));
    const names = sources.flatMap((source) => (source === '.' ? namesIn(folder) : [source]));
    for (const name of names) {
      const keep = ['--recursive', '--preserve=mode,timestamps,links', '--no-dereference'];
      execFileSync('cp', [...keep, '--no-target-directory', join(folder, name), placeOf(target, to, name)]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tree[Symbol.asyncDispose]();
  }

  async #run(script: string): Promise<void> {
    const { status, stdout, stderr } = await this.tree.run(['sh', '-c', script], this);
    if (status !== 0) throw new Error(`RUN ${script}\nends with ${status}:\n${stdout}${stderr}`);
  }
}

function placeOf(target: string, to: string, name: string): string {
  return /(^|\/)\.?$/.test(to) ? join(target, name) : target;
}

/** What `.dockerignore` leaves of the context: it begins with `*`, and names what comes back. */
function namesIn(context: string): string[] {
  const [first, ...others] = readFileSync(join(context, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*' || others.some((line) => !line.startsWith('!')))
    throw new Error('.dockerignore is not a list of what comes back');
  return others.flatMap((line) => globSync(line.slice(1), { cwd: context }));
}
