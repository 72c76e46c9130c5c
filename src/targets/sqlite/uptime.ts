import { readFileSync } from 'node:fs';
import type { Clock } from '../sql/slots/freeing.ts';

/**
 * This machine's clock. Linux names each boot (Linux, Documentation/admin-guide/sysctl/kernel.rst, "random"), and its monotonic
 * clock counts from there, for every process. It is finer than `/proc/uptime`, and it stands still while the machine sleeps:
 * then a slot frees later. Where no boot is named, the time of day counts alone.
 */
export function machineClock(): Clock {
  const boot = bootId();
  return { now: Date.now(), uptime: boot === null ? null : { boot, ms: Number(process.hrtime.bigint()) / 1e6 } };
}

let known: string | null | undefined;

function bootId(): string | null {
  known ??= readBootId();
  return known;
}

function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
