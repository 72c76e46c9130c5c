import * as v from 'valibot';
import { closed, named } from './objects.ts';
import { fieldName, httpUrl, oneOf, text } from './scalars.ts';
import { tls } from './way.ts';

const keyMessage =
  'a text of at least 32 characters, such as "openssl rand -base64 32" prints, or a list of such texts';
const tokenKey = v.pipe(v.string(keyMessage), v.minLength(32, keyMessage));

const assertion = closed({
  issuer: text('Who asks, the claim `iss`: for many servers the id of the client.'),
  subject: v.exactOptional(text('For whom, the claim `sub`.')),
  audience: v.exactOptional(text('The claim `aud`. Default: `tokenUrl`.')),
  claims: v.exactOptional(
    v.pipe(
      named(fieldName, v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false')),
      v.description('More claims, such as a `scope`.'),
    ),
  ),
  privateKey: text('The private key that signs, as PEM: "${file:/run/secrets/acme.pem}".'),
  algorithm: v.exactOptional(
    oneOf(['RS256', 'PS256', 'ES256', 'EdDSA'], 'How the assertion is signed. It must fit the key.'),
    'RS256',
  ),
  keyId: v.exactOptional(text('The name of the key for the server, in the header `kid`.')),
});

const written = closed({
  type: v.literal('oauth2'),
  grant: v.exactOptional(
    oneOf(['client_credentials', 'refresh_token', 'jwt-bearer'], 'What an access token is given for.'),
    'client_credentials',
  ),
  tokenUrl: httpUrl('The URL that gives an access token (RFC 6749). A request to the origin of the API takes a slot.'),
  clientId: v.exactOptional(text('The id of the client. Only `jwt-bearer` may do without.')),
  clientSecret: v.exactOptional(text('The secret of the client. Only `client_credentials` needs one.')),
  refreshToken: v.exactOptional(
    text(
      'For `refresh_token`: the first refresh token, which a person has got. It may be replaced by each answer, and its successors are kept in the target. Another one here is used at once.',
    ),
  ),
  tokenKey: v.exactOptional(
    v.pipe(
      v.union([tokenKey, v.pipe(v.array(tokenKey), v.nonEmpty(keyMessage))], keyMessage),
      v.description(
        'For `refresh_token`: the secret with which refresh tokens are encrypted in the target. In a list the first one encrypts, and the others are of earlier times.',
      ),
    ),
  ),
  assertion: v.exactOptional(
    v.pipe(assertion, v.description('For `jwt-bearer`: who asks, signed with a private key (RFC 7523).')),
  ),
  scope: v.exactOptional(text('The scope of the token.')),
  params: v.exactOptional(
    v.pipe(named(fieldName, v.string()), v.description('More parameters for the token endpoint, such as an audience.')),
  ),
  send: v.exactOptional(
    oneOf(['basic', 'body'], 'How the client sends its credentials to the token endpoint. Default: "basic".'),
  ),
  tls: v.exactOptional(tls('TLS of the connection to the token endpoint, if it is on another origin than the API.')),
});

type Written = v.InferOutput<typeof written>;
type Option = 'clientId' | 'clientSecret' | 'refreshToken' | 'tokenKey' | 'assertion';

const needed: Readonly<Record<Written['grant'], readonly Option[]>> = {
  client_credentials: ['clientId', 'clientSecret'],
  refresh_token: ['clientId', 'refreshToken', 'tokenKey'],
  'jwt-bearer': ['assertion'],
};
const ofOneGrant: readonly Option[] = ['refreshToken', 'tokenKey', 'assertion'];

interface Misplaced {
  readonly option: Option;
  readonly expected: string;
  readonly isThere: boolean;
}

/** What a grant lacks, and what another one would need. */
function misplaced(value: Written): readonly Misplaced[] {
  const { grant, clientId, clientSecret } = value;
  const missing = needed[grant].filter((option) => value[option] === undefined);
  const others = ofOneGrant.filter((option) => value[option] !== undefined && !needed[grant].includes(option));
  const nameless: readonly Option[] = clientSecret !== undefined && clientId === undefined ? ['clientId'] : [];
  return [
    ...[...new Set([...missing, ...nameless])].map((option) => {
      return { option, expected: expectation[option], isThere: false };
    }),
    ...others.map((option) => ({ option, expected: `an option of the grant ${grant}`, isThere: true })),
  ];
}

const expectation: Readonly<Record<Option, string>> = {
  clientId: 'the id of the client',
  clientSecret: 'the secret of the client',
  refreshToken: 'the first refresh token',
  tokenKey: keyMessage,
  assertion: 'an object that says who asks: its issuer and its private key',
};

/** An access token that is requested. Each grant has what it needs, and nothing of another one. */
export const oauth2 = v.pipe(
  written,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const { option, expected, isThere } of misplaced(dataset.value)) {
      const about = isThere ? { input: option, expected: 'never' } : { input: undefined };
      const origin = isThere ? 'key' : 'value';
      const step = { type: 'object', origin, input: {}, key: option, value: undefined } as const;
      addIssue({ message: expected, ...about, path: [step] });
    }
  }),
  v.transform(grantOf),
);

/** What the check has made sure of. */
function grantOf({
  grant,
  clientId = '',
  clientSecret,
  refreshToken = '',
  tokenKey = [],
  assertion,
  ...client
}: Written) {
  const secret = clientSecret === undefined ? {} : { clientSecret };
  if (grant === 'refresh_token')
    return { ...client, grant, clientId, ...secret, refreshToken, tokenKeys: [tokenKey].flat() };
  if (grant === 'jwt-bearer' && assertion !== undefined)
    return { ...client, grant, ...(clientId !== '' && { clientId }), ...secret, assertion };
  return { ...client, grant: 'client_credentials' as const, clientId, clientSecret: clientSecret ?? '' };
}
