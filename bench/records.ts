import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** What every benchmark loads: a customer of about 300 bytes as JSON. Keys come in order, as most APIs give them. */
export function customer(n: number) {
  return {
    id: String(n).padStart(12, '0'),
    email: `customer.${n}@example.com`,
    state: 'active',
    note: 'lorem ipsum '.repeat(13),
    visits: n,
    tags: ['gold', 'newsletter'],
  };
}

/** Writes so many customers as newline-delimited JSON. Returns the size of one in bytes. */
export async function writeCustomers(file: string, count: number): Promise<number> {
  const out = createWriteStream(file);
  for (let from = 0; from < count; from += 10_000) {
    const length = Math.min(10_000, count - from);
    const lines = Array.from({ length }, (_, n) => `${JSON.stringify(customer(from + n))}\n`);
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return Math.round(out.bytesWritten / count);
}
