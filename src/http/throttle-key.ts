/** The throttle key of a URL: its host, in the letters that a key may have. */
export function throttleKeyOf(url: URL): string {
  return throttleKeyIn(url.host);
}

/** A throttle key from any name. */
export function throttleKeyIn(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63);
}
