/** Certificates, as PEM texts, and the name that the server's certificate must be valid for. */
export interface Tls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
}

/**
 * Whether an error is of TLS: a certificate is not believed, or the two sides do not agree (Node.js documentation, "X509
 * certificate error codes"; OpenSSL's own codes).
 */
export function isOfTls(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /CERT|CRL|SSL|TLS|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$/.test(code);
}
