/** How a third party identifies the state of an answer. A later request asks whether it is still the same (RFC 9110 section 8.8). */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

type Headers = Readonly<Record<string, string | undefined>>;

/** A `Last-Modified` closer than this to `Date` may hide a second change, because it has whole seconds only (section 8.8.2.2). */
const settledMs = 60_000;

/** Reads them from the headers of an answer; null if there is nothing to rely on. */
export function validatorsOf(headers: Headers): Validators | null {
  const { etag, 'last-modified': lastModified = '', date = '' } = headers;
  if (etag !== undefined && etag !== '') return { etag };
  return Date.parse(date) - Date.parse(lastModified) >= settledMs ? { lastModified } : null;
}

/** The headers of a request that wants an answer only if the state has changed (section 13.1). */
export function conditionOf(validators: Validators | null): Record<string, string> {
  return {
    ...(validators?.etag !== undefined && { 'if-none-match': validators.etag }),
    ...(validators?.lastModified !== undefined && { 'if-modified-since': validators.lastModified }),
  };
}
