import * as v from 'valibot';
import { closed } from './objects.ts';
import { text } from './scalars.ts';

/** How the connection to a server uses TLS. */
export function tls(description: string) {
  return v.pipe(
    closed({
      ca: v.exactOptional(text('The certificate of the authority, as PEM: "${file:/etc/ssl/our-ca.pem}".')),
      cert: v.exactOptional(text('Our own certificate, as PEM.')),
      key: v.exactOptional(text('The key of our own certificate, as PEM.')),
      servername: v.exactOptional(text("The name that the server's certificate must be valid for. Default: the host.")),
    }),
    v.check(({ cert, key }) => (cert === undefined) === (key === undefined), '"cert" and "key" together'),
    v.description(description),
  );
}

const proxyMessage = 'a URL that begins with http:// or https://, or "none"';

/** The proxy of an adapter or a listener. */
export const proxy = v.pipe(
  v.string(proxyMessage),
  v.regex(/^(none|https?:\/\/\S+)$/, proxyMessage),
  v.check((written) => written === 'none' || URL.canParse(written), proxyMessage),
  v.description(
    'The URL of an HTTP proxy (http:// or https://), or "none" for a direct connection. Default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.',
  ),
);

/** A module that says who we are. */
export function loginModule(server: string) {
  return v.pipe(
    closed({
      module: text('A module: a path, or the name of a package. Its default export returns user and password.'),
    }),
    v.description(
      `A module that is asked for user and password before each connection to ${server}, instead of a password here.`,
    ),
  );
}
