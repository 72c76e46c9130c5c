// The other side of a webhook: it verifies the signature, and does nothing twice.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.HOOK_SECRET ?? 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
/** In a real receiver, a table with a unique index, written in the transaction that does the work. */
const done = new Set<string>();

const server = createServer(async (request, response) => {
  const body = await text(request);
  try {
    webhook.verify(body, request.headers as Record<string, string>);
  } catch (error) {
    response.writeHead(401).end(error instanceof Error ? error.message : '');
    return;
  }
  const id = String(request.headers['webhook-id']);
  if (!done.has(id)) {
    const { type, subject } = JSON.parse(body);
    process.stdout.write(`${type} ${subject}\n`);
    done.add(id);
  }
  response.writeHead(204).end();
});

server.listen(Number(process.env.PORT ?? 4004), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
