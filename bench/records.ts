import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** What every benchmark loads: a customer of about 300 bytes as JSON. Keys come in order, as most APIs give them. */
export interface Customer {
  readonly id: string;
  readonly email: string;
  readonly state: string;
  /** RFC 3339. */
  readonly updated_at: string;
  readonly address: { readonly street: string; readonly city: string; readonly zip: string };
  readonly tags: readonly string[];
  readonly note: string;
  readonly visits: number;
}

const text = { type: 'string' };

/** The JSON Schema of a customer. */
export const customerSchema = {
  type: 'object',
  properties: {
    ...{ id: text, email: text, state: text, updated_at: { type: 'string', format: 'date-time' } },
    ...{ address: { type: 'object' }, tags: { type: 'array' }, note: text, visits: { type: 'integer' } },
  },
  required: ['id'],
};

const words = (
  'about after again agreed answer asked billed before bought called changed closed contact credit customer delayed ' +
  'delivery details discount email every first friday invoice later letter march meeting monday moved never office ' +
  'often order paid parcel person phone please price quarter ready reminder renewed replied request returned second ' +
  'sent shipped since soon still street support thanks their thursday today weekly when winter'
).split(' ');
const cities = ['Aarhus', 'Bergen', 'Gdańsk', 'Ghent', 'Leipzig', 'Porto', 'Turin', 'Zürich'];
const firstAt = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const states = ['active', 'moved', 'closed'];

/** In each later version a customer has another state, time and count. */
export function customer(n: number, version = 0): Customer {
  const street = `${words[n % 61]} ${words[(n * 7) % 61]} ${1 + (n % 180)}`;
  const at = new Date(firstAt + (n % 500_000) * 60_000 + version * dayMs);
  return {
    id: String(n).padStart(12, '0'),
    email: `customer.${n}@example.com`,
    state: states[version] ?? '',
    updated_at: `${at.toISOString().slice(0, 19)}Z`,
    address: { street, city: cities[n % cities.length] ?? '', zip: String(10_000 + (n % 89_999)) },
    tags: ['gold', 'newsletter'],
    note: noteOf(n),
    visits: n + version,
  };
}

/** Words that differ from customer to customer, so that nothing compresses or compares better than the notes of people do. */
function noteOf(n: number): string {
  let note = '';
  for (let seed = n; note.length < 66; ) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    note += `${words[(seed >>> 16) % words.length]} `;
  }
  return note.slice(0, 66);
}

/** The customer as a line of CSV, in the order of its fields. */
export function csvLine(of: Customer): string {
  const quoted = (value: object) => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
  return Object.values(of)
    .map((value) => (typeof value === 'object' ? quoted(value) : value))
    .join(',');
}

/** Writes so many customers as newline-delimited JSON, or those that `of` makes. Returns the size of one in bytes. */
export async function writeCustomers(
  file: string,
  count: number,
  of: (n: number) => Customer | null = (n) => customer(n),
): Promise<number> {
  const out = createWriteStream(file);
  for (let from = 0; from < count; from += 10_000) {
    let lines = '';
    for (let n = from; n < Math.min(count, from + 10_000); n += 1) {
      const record = of(n);
      if (record) lines += `${JSON.stringify(record)}\n`;
    }
    if (!out.write(lines)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return Math.round(out.bytesWritten / count);
}
