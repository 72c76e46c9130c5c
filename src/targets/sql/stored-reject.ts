import { hash } from 'node:crypto';
import { type Column, canonicalJson, type Rejected, type Values } from '../../record.ts';

/** How much of a rejected record is kept, in characters. */
const rawLimit = 65_536;

/** How many rejects of one resource are kept. The oldest are removed. */
export const rejectsKept = 10_000;

/** A rejected record as it is stored. A later reject with the same digest replaces it: the same key, or without a key the same record. */
export interface StoredReject {
  readonly digest: string;
  readonly key: string | null;
  readonly reasons: string;
  readonly raw: string;
}

export function storedReject({ key, reasons, raw }: Rejected): StoredReject {
  const text = jsonOf(raw);
  const identity = key === null ? `raw:${text}` : `key:${key}`;
  return {
    digest: hash('sha256', identity).slice(0, 16),
    key: key === null ? null : key.toWellFormed(),
    reasons: JSON.stringify(reasons.map((reason) => reason.toWellFormed())),
    raw: text.slice(0, rawLimit).toWellFormed(),
  };
}

/** Where a batch's rejects belong. */
export interface RejectPlace {
  readonly name: string;
  readonly resource: string;
  readonly pass: number;
  readonly at: Date;
}

/** A valid record that the system's own constraints do not let in. It is stored with the rejects, with the reason. */
export function refusedRecord(key: string, values: Values, columns: readonly Column[], reason: string): Rejected {
  return { key, reasons: [reason], raw: Object.fromEntries(columns.map(({ name }, at) => [name, values[at] ?? null])) };
}

function jsonOf(raw: unknown): string {
  try {
    return canonicalJson(raw);
  } catch {
    return JSON.stringify(String(raw));
  }
}
