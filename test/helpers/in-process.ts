import { createRequire, enableCompileCache } from 'node:module';
import { PassThrough, Writable } from 'node:stream';
import { finished, inherited, root, type SyncOptions } from './child.ts';

type CommandLine = typeof import('../../src/cli/command-line.ts');

const require = createRequire(import.meta.url);

/**
 * Runs a command line in this process, by the same code as the test bundle: a start of Node is most of what a short run
 * costs. It does not see crash points, stdin and signals, and
 * a module of the user's finds the tests' working directory in `process.cwd()`.
 */
export async function runInProcess(args: readonly string[], options: SyncOptions & { readonly cwd: string }) {
  enableCompileCache(inherited.NODE_COMPILE_CACHE);
  const { runCommandLine }: CommandLine = require(`${root}node_modules/.cache/cronsync/command-line.cjs`);
  const output = { stdout: '', stderr: '' };
  const into = (name: keyof typeof output) =>
    new Writable({
      decodeStrings: false,
      write(text: string, _encoding, done) {
        output[name] += text;
        done();
      },
    });
  const exitCode = await runCommandLine(args, {
    cwd: options.cwd,
    env: { ...inherited, ...options.env },
    terminal: { stdin: new PassThrough().end(), stdout: into('stdout'), stderr: into('stderr') },
    signal: new AbortController().signal,
  });
  return finished({ exitCode, signal: null, ...output });
}

/** Whether a command needs a process of its own: it is to die or stop, to read stdin, or to be the published program. */
export function needsProcess({ env = {}, stdin, bundle, ownProcess }: SyncOptions): boolean {
  const isOfProcess = (name: string) => /^(SYNC_CRASH_AT|LD_PRELOAD|NODE_|FORCE_COLOR$|TZ$)/.test(name);
  return ownProcess === true || stdin !== undefined || bundle !== undefined || Object.keys(env).some(isOfProcess);
}
