// What `npm run bench:listen` compares with the daemon. Each runs in its own process, and writes to the file `took` for how many
// milliseconds it read: `node bench/listen-beside.ts bare URL KEY COUNT`, `node bench/listen-beside.ts bullmq URL QUEUE COUNT`.
import { writeFileSync } from 'node:fs';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const concurrency = 8;
const perRead = 500;
const group = 'bare';
const [what, url = '', name = '', count = ''] = process.argv.slice(2);

if (what === 'bare') await readBare(Number(count));
else await workBullmq(Number(count));

async function readBare(total: number): Promise<void> {
  const client = new Redis(url);
  await client.xgroup('CREATE', name, group, '0');
  let start: number | undefined;
  for (let read = 0; read < total; ) {
    const reply = await client.xreadgroup('GROUP', group, 'bare', 'COUNT', perRead, 'STREAMS', name, '>');
    start ??= performance.now();
    const [, entries] = (reply?.[0] ?? []) as unknown as [string, readonly (readonly [string])[]];
    await client.xack(name, group, ...entries.map(([id]) => id));
    read += entries.length;
  }
  report(start);
  client.disconnect();
}

/** Completed jobs are removed, because to keep them would cost BullMQ more. */
async function workBullmq(total: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let done = 0;
  let start: number | undefined;
  const noop = async () => {
    start ??= performance.now();
  };
  const options = { connection: { url }, concurrency, removeOnComplete: { count: 0 } };
  const worker = new Worker(name, noop, options);
  worker.on('completed', () => {
    done += 1;
    if (done === total) resolve();
  });
  await promise;
  report(start);
  await worker.close();
}

function report(start = 0): void {
  writeFileSync('took', String(performance.now() - start));
}
