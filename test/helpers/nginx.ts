import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath, unpackedPackage } from '../../scripts/debian-package.ts';
import { eventually } from './child.ts';
import { freePort } from './free-port.ts';

/** A real nginx that lets one request a minute in (`limit_req rate=1r/m`) and answers the others with 503. */
export interface StrictNginx extends AsyncDisposable {
  readonly url: string;
  /** How it answered the requests, in order. */
  statuses(): Promise<readonly number[]>;
}

/** It serves files by their names; nothing that a client could ask conditionally. */
export async function aStrictNginx(files: Readonly<Record<string, object>>): Promise<StrictNginx> {
  const program = await findNginx();
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-nginx-'));
  const [log, errors] = [join(folder, 'access.log'), join(folder, 'error.log')];
  await mkdir(join(folder, 'files'));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, 'files', name), JSON.stringify(content));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configOf(folder, port));
  const args = ['-p', folder, '-e', errors, '-c', join(folder, 'nginx.conf')];
  const child = spawn(program, args, { stdio: 'ignore' });
  const killIt = () => child.kill('SIGTERM');
  process.once('exit', killIt);
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${await readFile(errors, 'utf8')}`);
    return (await readFile(join(folder, 'pid'), 'utf8').catch(() => '')) !== '';
  });
  return {
    url: `http://127.0.0.1:${port}`,
    statuses: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      killIt();
      await ended;
      process.off('exit', killIt);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configOf(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
worker_processes 1;
pid ${folder}/pid;
user ${process.getuid?.() === 0 ? 'root' : 'nobody'};
events {}
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  log_format status $status;
  access_log ${folder}/access.log status;
  default_type application/json;
  etag off;
  if_modified_since off;
  limit_req_zone $server_port zone=api:1m rate=1r/m;
  server {
    listen 127.0.0.1:${port};
    root ${folder}/files;
    limit_req zone=api;
  }
}
`;
}

async function findNginx(): Promise<string> {
  const installed = await onPath('nginx');
  if (installed !== undefined) return installed;
  return join(await unpackedPackage({ name: 'nginx', folder: 'nginx' }), 'root/usr/sbin/nginx');
}
