import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './child.ts';
import { freePort } from './free-port.ts';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Two dialects of the same well-known mock API: Link and X-Total-Count headers, or everything in the body. */
const programs = {
  'json-server': [`${modules}/json-server/lib/cli/bin.js`, '--quiet', '--id', 'cityId'],
  'json-server-beta': [`${modules}/json-server-beta/lib/bin.js`],
} as const;

/** A third party that is somebody else's program. */
export interface JsonServer extends AsyncDisposable {
  readonly url: string;
  /** Starts again, on the same port, with another collection. */
  serve(records: readonly object[]): Promise<void>;
  /** Everything that it answers. */
  records<T>(): Promise<T[]>;
}

/** Serves the records under `/cities`, from a file in the folder. */
export async function aJsonServer(
  program: keyof typeof programs,
  folder: string,
  records: readonly object[],
): Promise<JsonServer> {
  const port = await freePort();
  const file = join(folder, `${program}.json`);
  let child: ChildProcess | undefined;

  const stop = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const serve = async (cities: readonly object[]) => {
    await stop();
    writeFileSync(file, JSON.stringify({ cities }));
    const args = [...programs[program], '--port', String(port), '--host', '127.0.0.1', file];
    child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/cities?_page=1&_limit=1&_per_page=1`)).ok,
      60_000,
    );
  };
  await serve(records);
  const url = `http://127.0.0.1:${port}`;
  const everything = async <T>() => (await (await fetch(`${url}/cities`)).json()) as T[];
  return { url, serve, records: everything, [Symbol.asyncDispose]: stop };
}
