// An adapter of your own, for GraphQL: a POST per page, with Relay's pages, and 200 even where something went wrong.
import { buffer } from 'node:stream/consumers';
import { ConfigError, defineAdapter, type HttpResponse, ProtocolError } from 'cronsync';

/** This adapter's part of the config, beside what every adapter has (`throttle`, `auth`, `timeout`, …). */
interface Options {
  readonly baseUrl: string;
  readonly pageSize?: number;
}

interface Currency {
  readonly code: string;
  readonly name: string;
  readonly minorUnits: number;
}

interface Answer {
  readonly errors?: readonly { readonly message: string }[];
  readonly data?: {
    readonly currencies: {
      readonly totalCount: number;
      readonly nodes: readonly Currency[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    };
  };
}

const query = `query ($first: Int!, $after: String) {
  currencies(first: $first, after: $after, orderBy: CODE) {
    totalCount nodes { code name minorUnits } pageInfo { hasNextPage endCursor }
  }
}`;

export default defineAdapter<Options>({
  create({ baseUrl, pageSize = 100 }) {
    if (!(pageSize > 0)) throw new ConfigError(`pageSize must be more than 0, not ${pageSize}; no hit was made`);
    return {
      modes: () => ['snapshot'],
      // Pages continue after the last code: a record that is added or removed never moves another one across pages.
      isStable: () => true,

      async fetchPage({ cursor }, { http }) {
        const response = await http.request({
          url: new URL('/graphql', baseUrl),
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables: { first: pageSize, after: cursor } }),
        });
        const { totalCount, nodes, pageInfo } = await currenciesIn(response);
        const next = pageInfo.hasNextPage ? pageInfo.endCursor : null;
        return { mode: 'snapshot', records: nodes, next, total: totalCount };
      },
    };
  },
});

/** Throws at damaged bytes, which would otherwise be kept as `\ufffd`. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** GraphQL answers 200 to everything: what went wrong is in the body. */
async function currenciesIn(response: HttpResponse) {
  const text = strictUtf8.decode(await buffer(response.body));
  const { data, errors } = JSON.parse(text) as Answer;
  if (errors?.length) throw new ProtocolError(`the API answered: ${errors.map(({ message }) => message).join('; ')}`);
  if (!data) throw new ProtocolError('the API answered without data');
  return data.currencies;
}
