import { messageOf } from '../errors.ts';
import { isRejected, type Prepare, type RawRecord, type Rejected } from '../record.ts';
import type { Transform } from '../transform.ts';

/** The same function, after a transform. What the transform leaves out, or fails on, has the key that it has without it. */
export function transformed(prepare: Prepare, transform: Transform): Prepare {
  return (raw) => {
    const changed = call(transform, raw);
    if ('because' in changed) return { key: keyOf(raw, prepare), reasons: [changed.because], raw };
    if (changed.record === undefined) return { ...leftOut(keyOf(raw, prepare), raw), leftOut: true };
    const prepared = prepare(changed.record);
    return isRejected(prepared) ? { ...prepared, key: prepared.key ?? keyOf(raw, prepare), raw } : prepared;
  };
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

function keyOf(raw: RawRecord, prepare: Prepare): string | null {
  return prepare(raw).key;
}
