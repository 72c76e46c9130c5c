import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';

export interface Ran {
  readonly exitCode: number;
  readonly tookMs: number;
  readonly output: string;
  /** Peak memory of the process, in megabytes; only if it was asked for. */
  readonly peakMb: number;
}

export interface Running {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A file to which the process writes its peak memory at its end. */
  readonly peak?: string;
}

/** Runs Node from start to exit. */
export async function runNode(args: readonly string[], { cwd, env = process.env, peak }: Running): Promise<Ran> {
  const asked = peak === undefined ? [] : ['--import', reportPeak(peak)];
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...asked, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'exit');
  const tookMs = performance.now() - startedAt;
  const peakMb = peak === undefined ? 0 : Math.round(Number(readFileSync(peak, 'utf8')) / 1024);
  return { exitCode: Number(code), tookMs, output: Buffer.concat(chunks).toString(), peakMb };
}

function reportPeak(file: string): string {
  const report = `process.on('exit',()=>w(${JSON.stringify(file)},String(process.resourceUsage().maxRSS)))`;
  return `data:text/javascript,${encodeURIComponent(`import{writeFileSync as w}from'node:fs';${report}`)}`;
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** The machine and the Node that a number was measured on. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memory} GiB, ${type()}, Node ${process.versions.node}`;
}

/** A folder for what a benchmark writes. It is removed at the end of this process, also if that is Ctrl-C. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `cronsync-${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return folder;
}
