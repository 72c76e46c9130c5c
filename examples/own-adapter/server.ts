// The third party of this example: as much of a GraphQL API as the adapter asks for. `node server.ts [port]`
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** ISO 4217, the ten most traded. */
const currencies = [
  { code: 'AUD', name: 'Australian dollar', minorUnits: 2 },
  { code: 'CAD', name: 'Canadian dollar', minorUnits: 2 },
  { code: 'CHF', name: 'Swiss franc', minorUnits: 2 },
  { code: 'CNY', name: 'Renminbi', minorUnits: 2 },
  { code: 'EUR', name: 'Euro', minorUnits: 2 },
  { code: 'GBP', name: 'Pound sterling', minorUnits: 2 },
  { code: 'HKD', name: 'Hong Kong dollar', minorUnits: 2 },
  { code: 'JPY', name: 'Japanese yen', minorUnits: 0 },
  { code: 'SGD', name: 'Singapore dollar', minorUnits: 2 },
  { code: 'USD', name: 'United States dollar', minorUnits: 2 },
];

function pageOf({ first, after }: { readonly first: number; readonly after: string | null }) {
  const left = currencies.filter(({ code }) => code > (after ?? ''));
  const nodes = left.slice(0, first);
  const pageInfo = { hasNextPage: left.length > nodes.length, endCursor: nodes.at(-1)?.code ?? null };
  return { data: { currencies: { totalCount: currencies.length, nodes, pageInfo } } };
}

const server = createServer(async (request, response) => {
  const isQuery = request.method === 'POST' && request.url === '/graphql';
  const answer = isQuery
    ? pageOf(JSON.parse(await text(request)).variables)
    : { errors: [{ message: 'POST a query to /graphql' }] };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
});

server.listen(Number(process.argv[2] ?? 4003), '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`);
});
