import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const files = {
  cert: fileURLToPath(new URL('../fixtures/tls/localhost.crt', import.meta.url)),
  key: fileURLToPath(new URL('../fixtures/tls/localhost.key', import.meta.url)),
};
const [cert, key] = [files.cert, files.key].map((file) => readFileSync(file, 'utf8')) as [string, string];

/** The certificate of the fixtures. It is its own authority, and is valid for the name "localhost" only. */
export const certificate = { ca: cert, cert, key };

/** Makes redis-server, or a sentinel, speak TLS only on this port, with clients that have our certificate too. */
export function tlsSettings(port: number): Readonly<Record<string, string>> {
  return {
    port: '0',
    'tls-port': `${port}`,
    'tls-cert-file': files.cert,
    'tls-key-file': files.key,
    'tls-ca-cert-file': files.cert,
    'tls-auth-clients': 'yes',
    'tls-replication': 'yes',
    'tls-cluster': 'yes',
  };
}
