import { messageOf } from '../errors.ts';
import { isRejected, type Prepare, type RawRecord, type Rejected } from '../record.ts';
import type { Transform } from '../transform.ts';

/**
 * The same function, after a transform. What the transform leaves out, or fails on, has the key that it has without it. So a
 * transform must not change the key: such a record is rejected, and might be any row.
 */
export function transformed(prepare: Prepare, transform: Transform): Prepare {
  return (raw) => {
    const own = prepare(raw).key;
    const changed = call(transform, raw);
    if ('because' in changed) return { key: own, reasons: [changed.because], raw };
    if (changed.record === undefined) return { ...leftOut(own, raw), leftOut: true };
    const prepared = prepare(changed.record);
    const { key } = prepared;
    if (own !== null && key !== null && key !== own) return { key: null, reasons: [keyChanged(own, key)], raw };
    return isRejected(prepared) ? { ...prepared, key: key ?? own, raw } : prepared;
  };
}

function keyChanged(from: string, to: string): string {
  return `the transform changed the key from ${JSON.stringify(from)} to ${JSON.stringify(to)}; an expression of the map can do that`;
}

/** It gets a copy: one that changes its argument would otherwise do so twice. */
function call(transform: Transform, raw: RawRecord): { readonly record: unknown } | { readonly because: string } {
  try {
    const record: unknown = transform(structuredClone(raw));
    if (!(record instanceof Promise)) return { record };
    record.catch(() => undefined);
    return { because: 'the transform returned a promise, and it must return the record itself' };
  } catch (error) {
    return { because: `the transform failed: ${messageOf(error)}` };
  }
}

function leftOut(key: string | null, raw: RawRecord): Rejected {
  return { key, reasons: ['the transform left it out'], raw };
}
