import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath, unpackedPackage } from '../../scripts/debian-package.ts';
import { eventually } from './child.ts';
import { freePort } from './free-port.ts';

export interface TinyproxyOptions {
  /** `user:password` that every client must say. */
  readonly credentials?: string;
  /** More lines of its config. */
  readonly lines?: readonly string[];
}

/** A real proxy: tinyproxy from `PATH`, or from Debian's package. */
export interface Tinyproxy extends AsyncDisposable {
  /** Without credentials. */
  readonly url: string;
  readonly address: string;
  /** The requests that it got: `CONNECT localhost:1234 HTTP/1.1`. */
  requests(): Promise<readonly string[]>;
}

export async function aTinyproxy({ credentials, lines = [] }: TinyproxyOptions = {}): Promise<Tinyproxy> {
  const program = await findTinyproxy();
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-tinyproxy-'));
  const log = join(folder, 'log');
  const port = await freePort();
  const settings = [
    ...[`Port ${port}`, 'Listen 127.0.0.1', 'MaxClients 50', 'Timeout 600', 'LogLevel Info'],
    ...[`LogFile "${log}"`, ...lines],
    ...(credentials === undefined ? [] : [`BasicAuth ${credentials.replace(':', ' ')}`]),
  ];
  await writeFile(join(folder, 'config'), `${settings.join('\n')}\n`);
  const child = spawn(program, ['-d', '-c', join(folder, 'config')], { stdio: 'ignore' });
  const killIt = () => child.kill('SIGKILL');
  process.once('exit', killIt);
  const logged = () => readFile(log, 'utf8').catch(() => '');
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`tinyproxy ended: ${await logged()}`);
    return (await logged()).includes('Accepting connections');
  });
  return {
    url: `http://127.0.0.1:${port}`,
    address: `127.0.0.1:${port}`,
    async requests() {
      return [...(await logged()).matchAll(/Request \(file descriptor \d+\): (.*)/g)].map(([, line]) => line ?? '');
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      killIt();
      await ended;
      process.off('exit', killIt);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function findTinyproxy(): Promise<string> {
  const installed = await onPath('tinyproxy');
  if (installed !== undefined) return installed;
  return join(await unpackedPackage({ name: 'tinyproxy', folder: 'tinyproxy' }), 'root/usr/bin/tinyproxy');
}
