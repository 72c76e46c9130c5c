/** What a browser says about where a request comes from. */
export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/**
 * Whether a request comes from a page of ours: by `Sec-Fetch-Site` (Fetch Metadata), by `Origin`, and by both where a browser
 * sends both. The scheme is left out: a proxy before us may speak TLS.
 */
export function isFromOurPage({ host, origin, fetchSite }: RequestOrigin): boolean {
  if (fetchSite === undefined && origin === undefined) return false;
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return false;
  return origin === undefined || (host !== undefined && URL.parse(origin)?.host === hostOf(host, origin));
}

/** The host without the port that its scheme has by default, as in an origin. */
function hostOf(host: string, origin: string): string | undefined {
  const scheme = origin.startsWith('https:') ? 'https' : 'http';
  return URL.parse(`${scheme}://${host}`)?.host;
}
