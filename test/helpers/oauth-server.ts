import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose';
import Provider, { type AdapterConstructor, errors } from 'oidc-provider';

export const clientSecret = 'a-secret-of-the-client';

/** An OAuth server that somebody else has written. It replaces a refresh token whenever it is used, and whoever uses a replaced one loses all. */
export interface OAuthServer extends AsyncDisposable {
  readonly tokenUrl: string;
  /** The grants that were asked for, and what became of each: `refresh_token 200`. */
  readonly asked: readonly string[];
  /** A refresh token as a person gets it, by the consent of this person. */
  consent(person: string, client?: string): Promise<string>;
  /** Whether an access token is good, and for whom. */
  holderOf(accessToken: string): Promise<string | undefined>;
  /** Answers the next request for a token, but cuts the connection before the answer. */
  loseNextAnswer(): void;
}

export interface OAuthServerOptions {
  /** How long an access token lives, in seconds. */
  readonly lifeSeconds?: number;
  /** False: refresh tokens stay. */
  readonly rotates?: boolean;
  /** The public keys of those who may sign assertions. */
  readonly signers?: readonly JWK[];
}

/** Its store. Named here, it does not warn that it forgets. */
const memory: string = 'oidc-provider/lib/adapters/memory_adapter.js';
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export async function anOAuthServer(options: OAuthServerOptions = {}): Promise<OAuthServer> {
  const { lifeSeconds = 3600, rotates = true, signers = [] } = options;
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const common = { redirect_uris: ['https://us.example/back'], response_types: ['code' as const] };
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { default: adapter }: { default: AdapterConstructor } = await import(memory);
  const provider = new Provider(issuer, {
    adapter: class extends adapter {},
    clients: [
      {
        ...common,
        client_id: 'us',
        client_secret: clientSecret,
        grant_types: ['authorization_code', 'refresh_token', jwtBearer],
      },
      {
        ...common,
        client_id: 'public',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [await exportJWK(privateKey)] },
    cookies: { keys: ['of-a-test'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    rotateRefreshToken: rotates,
    ttl: { AccessToken: lifeSeconds, RefreshToken: 86_400, Grant: 86_400, IdToken: 3600 },
  });
  const grantOf = async (person: string, client: string) => {
    const grant = new provider.Grant({ accountId: person, clientId: client });
    grant.addOIDCScope('openid offline_access');
    return grant.save();
  };
  provider.registerGrantType(
    jwtBearer,
    async (context) => {
      const { client, params } = context.oidc;
      const keys = createLocalJWKSet({ keys: [...signers] });
      const { payload } = await jwtVerify(String(params?.assertion), keys, {
        audience: `${issuer}/token`,
        requiredClaims: ['iss', 'exp', 'iat', 'jti'],
      }).catch(() => {
        throw new errors.InvalidGrant('the assertion is not valid');
      });
      const accountId = payload.sub ?? 'nobody';
      if (!client) throw new errors.InvalidClient('no client');
      const grantId = await grantOf(accountId, client.clientId);
      const token = new provider.AccessToken({ accountId, client, grantId, gty: 'jwt-bearer', scope: 'openid' });
      context.body = { access_token: await token.save(), expires_in: lifeSeconds, token_type: 'Bearer' };
    },
    ['assertion', 'scope'],
  );
  const asked: string[] = [];
  let losesNext = false;
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (losesNext) {
      losesNext = false;
      response.write = () => true;
      response.end = () => response.destroy();
    }
    void answer(request, response);
  });
  provider.on('grant.success', ({ oidc }) => asked.push(`${oidc.params?.grant_type} 200`));
  provider.on('grant.error', ({ oidc }, error) => asked.push(`${oidc.params?.grant_type} ${error.message}`));
  return {
    tokenUrl: `${issuer}/token`,
    asked,
    async consent(person, clientId = 'us') {
      const client = await provider.Client.find(clientId);
      if (!client) throw new Error(`the client ${clientId} is unknown`);
      const grantId = await grantOf(person, clientId);
      const scope = 'openid offline_access';
      return new provider.RefreshToken({ accountId: person, client, grantId, gty: 'authorization_code', scope }).save();
    },
    holderOf: async (accessToken) => (await provider.AccessToken.find(accessToken))?.accountId,
    loseNextAnswer() {
      losesNext = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
