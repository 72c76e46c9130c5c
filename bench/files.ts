// `npm run bench:files [megabytes]`: measures how fast the adapter `file` reads each format and how much memory it takes, beside
// the minimum: a loop over the same bytes with the same parser. Writes bench/files.md.
import { once } from 'node:events';
import { createReadStream, createWriteStream, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip, createGzip } from 'node:zlib';
import { parse as parseCsv } from 'csv-parse';
import { createFileAdapter } from '../src/adapters/file/file.ts';
import { keepHeapSmall } from '../src/cli/heap.ts';
import { silentLog } from '../src/log.ts';
import { describeMachine, median, runNode, temporaryFolder } from './machine.ts';
import { csvLine, customer } from './records.ts';

const self = fileURLToPath(import.meta.url);
const results = fileURLToPath(new URL('files.md', import.meta.url));
const formats = ['ndjson', 'json', 'csv', 'ndjson.gz'] as const;
type Format = (typeof formats)[number];
const rounds = 3;

const [mode = '1000', file = ''] = process.argv.slice(2);
if (mode === 'adapter' || mode === 'bare') {
  keepHeapSmall();
  const count = mode === 'adapter' ? await readByAdapter(file) : await readBare(file);
  process.stdout.write(String(count));
} else {
  await measure(Number(mode) * 1e6);
}

async function readByAdapter(path: string): Promise<number> {
  const adapter = createFileAdapter({ resources: { customers: { path, ...(isCsv(path) && { csv: {} }) } } });
  const http = { request: () => Promise.reject(new Error('a path makes no hit')) };
  const context = { http, log: silentLog, signal: new AbortController().signal };
  const request = { resource: 'customers', mode: 'snapshot', cursor: null, bookmark: null } as const;
  const page = await adapter.fetchPage(request, context);
  if (page.mode === 'not-modified') throw new Error('expected a page');
  let count = 0;
  for await (const _record of page.records) count += 1;
  return count;
}

/** Parses JSON line by line, and ignores what is around the lines; reads CSV with the library alone. */
async function readBare(path: string): Promise<number> {
  const bytes = createReadStream(path, { highWaterMark: 65_536 });
  if (isCsv(path)) {
    let rows = 0;
    for await (const _row of bytes.pipe(parseCsv({ columns: true }))) rows += 1;
    return rows;
  }
  const decoder = new TextDecoder();
  let rest = '';
  let count = 0;
  for await (const chunk of path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) count += JSON.parse(line.replace(/,$/, '')).id ? 1 : 0;
  }
  return count;
}

async function measure(bytes: number): Promise<void> {
  const folder = temporaryFolder('files');
  const rows: string[] = [];
  for (const format of formats) {
    const path = join(folder, `customers.${format}`);
    const { size, count } = await writeFormat(path, format, bytes);
    const read = async (by: 'adapter' | 'bare') => {
      const ran = await runNode([self, by, path], { cwd: folder, peak: join(folder, 'peak') });
      if (ran.output !== String(count)) throw new Error(`${by} read ${ran.output} of ${count} records of ${format}`);
      return { mbPerS: size / 1000 / ran.tookMs, peakMb: ran.peakMb };
    };
    const [ours, theirs] = [[await read('adapter')], [await read('bare')]];
    for (let round = 1; round < rounds; round += 1) {
      ours.push(await read('adapter'));
      theirs.push(await read('bare'));
    }
    rows.push(rowOf(format, size, count, ours, theirs));
    rmSync(path);
  }
  report(rows);
}

type Readings = readonly { readonly mbPerS: number; readonly peakMb: number }[];

function rowOf(format: Format, size: number, count: number, ours: Readings, theirs: Readings): string {
  const rateOf = (readings: Readings) => median(readings.map(({ mbPerS }) => mbPerS));
  const [rate, beside] = [rateOf(ours), rateOf(theirs)];
  const peak = Math.max(...ours.map(({ peakMb }) => peakMb));
  const perS = Math.round((rate * count * 1000) / size);
  const cells = [
    format,
    `${Math.round(size / 1e6)} MB`,
    `${rate.toFixed(0)} MB/s`,
    `${perS} k/s`,
    `${beside.toFixed(0)} MB/s`,
  ];
  const row = `| ${cells.join(' | ')} | ${(rate / beside).toFixed(2)} | ${peak} MB |`;
  process.stdout.write(`${row}\n`);
  return row;
}

function report(rows: readonly string[]): void {
  const head =
    '| file | unpacked | adapter | records | a bare loop | ratio | peak memory |\n|---|---|---|---|---|---|---|';
  const where = `${describeMachine()}, ${new Date().toISOString().slice(0, 10)}`;
  writeFileSync(
    results,
    `# What \`npm run bench:files\` measured

Records of about 300 bytes, read and counted; nothing is mapped, compared or written. Medians of ${rounds} rounds, in turn, each a process of its own.
The bare loop has the same parser and nothing around it: \`JSON.parse\` by the line for JSON, csv-parse for CSV. Of the JSON list it splits lines, where the
adapter finds the end of each element, wherever it is.

${head}
${rows.join('\n')}

${where}.
`,
  );
}

async function writeFormat(path: string, format: Format, bytes: number): Promise<{ size: number; count: number }> {
  const plain = path.replace(/\.gz$/, '');
  const out = createWriteStream(plain);
  const lineOf = format === 'csv' ? (n: number) => csvLine(customer(n)) : (n: number) => JSON.stringify(customer(n));
  const [head, between, foot] = format === 'json' ? ['[\n', ',\n', '\n]\n'] : ['', '\n', '\n'];
  out.write(format === 'csv' ? `${Object.keys(customer(0)).join(',')}\n` : head);
  let count = 0;
  let written = 0;
  while (written < bytes) {
    const text = Array.from({ length: 10_000 }, (_, n) => lineOf(count + n)).join(between);
    written += text.length;
    if (!out.write(count === 0 ? text : between + text)) await once(out, 'drain');
    count += 10_000;
  }
  out.end(foot);
  await once(out, 'finish');
  const { size } = statSync(plain);
  if (plain !== path) {
    await pipeline(createReadStream(plain), createGzip({ level: 1 }), createWriteStream(path));
    rmSync(plain);
  }
  return { size, count };
}

function isCsv(path: string): boolean {
  return path.endsWith('.csv');
}
