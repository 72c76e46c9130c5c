import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { ScriptedThirdParty } from '../../src/testing.ts';
import { openAnsweringThirdParty } from './answering-third-party.ts';
import { eventually } from './child.ts';
import type { Block, Step } from './documents.ts';
import { freePort } from './free-port.ts';
import type { RedisServer } from './redis.ts';
import { quietNpm, type Tarball, writeCommands } from './tarball.ts';

/** What one command printed, and how it ended. */
interface Typed {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * A reader of one page at a terminal: writes the files that the page shows, and types its commands into bash. The folder
 * and the variables last from one block to the next. `https://api.example.com` is a third party of this machine, which
 * answers what the page says that it answers; `npm i cronsync` installs the tarball.
 */
export class Reader implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly party: ScriptedThirdParty;
  /** Where the page's files are written: the folder of the last command. */
  folder: string;
  readonly #home: string;
  readonly #port: number;
  readonly #answers: Map<string, string>;
  readonly #background: ChildProcess[] = [];
  readonly #replaced: [string, string][] = [];

  static async open(redis: RedisServer, tarball: Tarball): Promise<Reader> {
    const answers = new Map<string, string>();
    const party = await openAnsweringThirdParty(answers);
    return new Reader(redis, party, answers, await freePort(), tarball);
  }

  private constructor(
    redis: RedisServer,
    party: ScriptedThirdParty,
    answers: Map<string, string>,
    port: number,
    tarball: Tarball,
  ) {
    this.redis = redis;
    this.party = party;
    this.#answers = answers;
    this.#port = port;
    this.#home = realpathSync(mkdtempSync(join(tmpdir(), 'cronsync-reader-')));
    this.folder = join(this.#home, 'project');
    mkdirSync(this.folder);
    writeFileSync(join(this.#home, 'state'), `cd '${this.folder}'\n`);
    writeCommands(join(this.#home, 'bin'), tarball);
  }

  /** Does what the page says up to a command, types the command, and compares what it prints with what the page says. */
  async take({ before, command, output }: Step): Promise<void> {
    for (const block of before) this.show(block);
    if (command.language === 'crontab') return this.#startByCron(command);
    if (command.label === 'daemon') return this.#startAndStop(command);
    if (command.label === 'background') return this.#startInBackground(command);
    const expected = Number(/^exit=(\d+)$/.exec(command.label)?.[1] ?? 0);
    const typed = await this.type(command.text);
    expect(typed).toEqual({ exitCode: expected, output: expect.any(String) });
    if (output?.label === 'background') await this.#expectInBackground(output);
    else if (output?.text.includes('…')) expect(this.#masked(typed.output)).toMatch(patternOf(output.text));
    else if (output) expect(this.#masked(typed.output)).toBe(output.text);
  }

  /** A file, a change of a file, or an answer of the third party; every other block is only read. */
  show({ language, label, text }: Block): void {
    const [, asked] = /^((?:GET|POST) .+)$/.exec(label) ?? [];
    const [, named] = /^\/\/ ([\w.-]+\.ts)\n/.exec(text) ?? [];
    if (asked !== undefined) this.answer(asked, text);
    else if (label.endsWith(' +')) this.configure(label.slice(0, -2), JSON.parse(`{${this.#here(text)}}`));
    else if (label.includes('.')) this.write(label, text);
    else if (language === 'ts' && named !== undefined) this.write(named, text);
  }

  /** What a page can only give an example of, such as an id. */
  replace(example: string, real: string): void {
    this.#replaced.push([example, real]);
  }

  /** Types commands of which the last one ends like this. */
  async fails(commands: string, exitCode: number): Promise<void> {
    expect(await this.type(commands)).toEqual({ exitCode, output: expect.any(String) });
  }

  /** From now on the third party answers this request so. */
  answer(asked: string, body: string): void {
    this.#answers.set(asked, body);
  }

  /** A config without a throttle gets one that this machine's third party allows. */
  write(name: string, text: string): void {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, this.#here(name === 'sync.config.json' ? quickened(text) : text));
  }

  /** Puts members into a JSON file. */
  configure(name: string, members: object): void {
    this.change(name, (written) => ({ ...written, ...members }));
  }

  change(name: string, how: (written: Json) => object): void {
    const written: Json = JSON.parse(readFileSync(join(this.folder, name), 'utf8'));
    this.write(name, JSON.stringify(how(written), null, 2));
  }

  /** Types a block of commands, which ends at the first one that fails. */
  async type(commands: string): Promise<Typed> {
    const state = join(this.#home, 'state');
    const keep = `trap '{ export -p; printf "cd %q\\n" "$PWD"; } > "${state}"' EXIT`;
    const child = this.#start(`source '${state}'; ${keep}; set -e\n${this.#here(commands)}`);
    const [exitCode] = await once(child.process, 'exit');
    const [, folder = this.folder] = /^cd (.+)$/m.exec(readFileSync(state, 'utf8')) ?? [];
    this.folder = folder;
    return { exitCode, output: child.output() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#background) await end(child);
    await this.party.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** The line as cron runs it: by /bin/sh, with the `PATH` of the crontab. Whatever it prints would be mailed. */
  async #startByCron({ text }: Block): Promise<void> {
    const lines = text.trimEnd().split('\n');
    const variables = lines.filter((line) => /^\w+=/.test(line)).map((line) => `export ${line}`);
    const job = lines
      .at(-1)
      ?.replace(/^(?:\* ){5}/, '')
      .replaceAll(/\/srv\/\w+/g, this.folder);
    const path = `PATH="${dirname(process.execPath)}:$PATH"`;
    const typed = await this.type(['(', ...variables, `${path} /bin/sh -c '${job}'`, ')'].join('\n'));
    expect(typed).toEqual({ exitCode: 0, output: '' });
  }

  /** One daemon after the other, each until it reads the stream; after SIGTERM another one may do so at once. */
  async #startAndStop({ text }: Block): Promise<void> {
    const leases = () => this.redis.client.keys('{sync:*}:lease:*');
    for (const line of commandsOf(text)) {
      const child = this.#start(`source '${join(this.#home, 'state')}'; exec ${this.#here(line)}`);
      await eventually(async () => {
        if (hasEnded(child.process)) throw new Error(`"${line}" ended by itself: ${child.output()}`);
        return (await leases()).length > 0;
      });
      await end(child.process);
      await eventually(async () => (await leases()).length === 0, 10_000);
    }
  }

  async #startInBackground({ text }: Block): Promise<void> {
    for (const line of commandsOf(text)) {
      const child = this.#start(`source '${join(this.#home, 'state')}'; exec ${this.#here(line)}`, 'background');
      this.#background.push(child.process);
      await eventually(() => child.output() !== '');
    }
  }

  async #expectInBackground({ text }: Block): Promise<void> {
    const printed = () => readFileSync(join(this.#home, 'background'), 'utf8').split('\n');
    await eventually(() => expect(printed()).toEqual(expect.arrayContaining(text.trimEnd().split('\n'))));
  }

  /** In a process group of its own, so that it can be ended with what it has started; its output goes into a file. */
  #start(script: string, into = 'output') {
    const file = join(this.#home, into);
    const output = openSync(file, 'w');
    const child = spawn('bash', ['-c', script], {
      cwd: this.folder,
      env: this.#environment(),
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    return { process: child, output: () => readFileSync(file, 'utf8') };
  }

  #environment(): NodeJS.ProcessEnv {
    const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
    return {
      ...{ HOME, TMPDIR, NO_COLOR: '1', REDIS_URL: this.redis.url, NODE_COMPILE_CACHE: join(this.#home, 'compiled') },
      ...quietNpm,
      PATH: `${join(this.#home, 'bin')}:${dirname(process.execPath)}:${PATH}`,
    };
  }

  #here(text: string): string {
    const real = this.#replaced.reduce((said, [example, by]) => said.replaceAll(example, by), text);
    return real
      .replaceAll(/https:\/\/api\.(?:\w+\.)?example(?:\.com)?\b/g, this.party.url)
      .replaceAll(/127\.0\.0\.1:(?:4004|9090)\b/g, `127.0.0.1:${this.#port}`)
      .replace("listen(4004, '127.0.0.1'", `listen(${this.#port}, '127.0.0.1'`);
  }

  #masked(output: string): string {
    return output
      .replaceAll(this.party.url, 'https://api.example.com')
      .replaceAll(this.folder, '.')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/\((?:\d+(?:ms|s|m) ?)+\)/g, '(TIME)');
  }
}

/** A JSON object whose members a test looks into. */
export type Json = Readonly<Record<string, unknown>>;

function quickened(text: string): string {
  const config = JSON.parse(text);
  const quick = { hits: 1, per: '1ms', margin: '0ms' };
  const adapters = Object.entries(config.adapters).map(([name, adapter]) => [
    name,
    { throttle: quick, ...(adapter as Json) },
  ]);
  return JSON.stringify({ ...config, adapters: Object.fromEntries(adapters) }, null, 2);
}

/** `…` on a line of its own stands for any lines. */
function patternOf(text: string): RegExp {
  const lines = text.split('\n').slice(0, -1);
  const pattern = lines
    .map((line) => (line === '…' ? '(?:.*\\n)*' : `${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\n`))
    .join('');
  return new RegExp(`^${pattern}$`);
}

/** The lines of a block that are commands, without their comments. */
function commandsOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Ends a process and what it has started, as a terminal or a supervisor does. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await ended;
}
