import * as v from 'valibot';
import { parseDuration } from '../../duration.ts';

// A schema's own message is the phrase that completes "expected …".

/** A name that may be part of a Redis key or a group: `crm`, `crm.eu-1`. */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const nameMessage = 'a name of at most 63 small letters, digits, ".", "_" and "-", beginning with a letter or digit';

/** The name of a resource or an adapter: it is used in event types and on the command line, so it has no dots. */
export const labelName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/, 'a name of at most 63 letters, digits, "_" and "-"'),
);

export const keyName = v.pipe(v.string(), v.regex(namePattern, nameMessage));

export const fieldName = v.pipe(v.string(), v.nonEmpty('a field name'));

export function name(description: string) {
  return v.pipe(v.string(), v.regex(namePattern, nameMessage), v.description(description));
}

export function text(description: string) {
  return v.pipe(v.string(), v.nonEmpty('a text that is not empty'), v.description(description));
}

export function flag(description: string) {
  return v.pipe(v.boolean(), v.description(description));
}

export function oneOf<const Options extends readonly string[]>(options: Options, description: string) {
  return v.pipe(v.picklist(options), v.description(description));
}

export function integer(description: string, least = 1) {
  const message = `a whole number of at least ${least}`;
  return v.pipe(v.number(message), v.safeInteger(message), v.minValue(least, message), v.description(description));
}

export function texts(description: string) {
  return v.pipe(v.array(v.string()), v.nonEmpty('a list that is not empty'), v.description(description));
}

const durationMessage = 'a duration such as "250ms", "90s", "5m", "24h" or "7d"';

/** A duration that must be longer than nothing; in milliseconds once parsed. */
export function duration(description: string) {
  return v.pipe(
    v.string(durationMessage),
    v.regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, durationMessage),
    v.check((written) => durationOf(written) > 0, 'a duration longer than nothing'),
    v.description(description),
    v.transform(durationOf),
  );
}

/** A duration that may be `"0s"`. */
export function pause(description: string) {
  return v.pipe(
    v.string(durationMessage),
    v.regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, durationMessage),
    v.description(description),
    v.transform(durationOf),
  );
}

function durationOf(written: string): number {
  return parseDuration(written) ?? 0;
}

const percentMessage = 'a share such as "5%"';

/** `"5%"` becomes 0.05. */
export function percent(description: string) {
  return v.pipe(
    v.string(percentMessage),
    v.regex(/^(100|\d{1,2}(\.\d+)?)%$/, percentMessage),
    v.description(description),
    v.transform((written) => Number(written.slice(0, -1)) / 100),
  );
}

const sizeMessage = 'a size such as "512kB", "256MB" or "1GiB"';
const sizeUnits = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** `"256MB"` becomes 256 000 000 bytes. */
export function size(description: string) {
  return v.pipe(
    v.string(sizeMessage),
    v.regex(/^\d+(\.\d+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)$/, sizeMessage),
    v.description(description),
    v.transform(bytesOf),
  );
}

function bytesOf(written: string): number {
  const unit = written.replace(/^[\d.]+/, '') as keyof typeof sizeUnits;
  return Math.round(Number.parseFloat(written) * sizeUnits[unit]);
}

const urlMessage = 'a URL that begins with http:// or https://';

export function httpUrl(description: string) {
  return v.pipe(
    v.string(urlMessage),
    v.regex(/^https?:\/\/[^\s]+$/, urlMessage),
    v.check((written) => URL.canParse(written), urlMessage),
    v.description(description),
  );
}
