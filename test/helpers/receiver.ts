import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { SyncEvent } from './sync.ts';

/** One delivery, as it reached the receiver. */
export interface Received {
  readonly event: SyncEvent;
  readonly key: string;
  readonly seq: number;
  /** What it was answered. */
  readonly status: number;
}

/** What to do with one delivery: a status, or never to answer it. */
export type Answer = number | 'hang';

/** A webhook receiver on a real port: it verifies every signature, and remembers everything. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** How many deliveries are being answered now. */
  readonly open: number;
  /** Signatures that did not hold. */
  readonly forged: readonly string[];
  /** Decides about the n-th delivery, from 1 on. */
  answer(decide: (event: SyncEvent, nth: number) => Answer): void;
  /** Those that were answered with success. */
  taken(): readonly Received[];
}

/** What signs the deliveries: 32 bytes in base64. */
export const receiverSecret = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;

export async function aReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const forged: string[] = [];
  const webhook = new Webhook(receiverSecret);
  let decide: (event: SyncEvent, nth: number) => Answer = () => 200;
  let nth = 0;
  let open = 0;

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    try {
      webhook.verify(body, request.headers as Record<string, string>);
    } catch (error) {
      forged.push(String(error));
    }
    const event: SyncEvent = JSON.parse(body);
    nth += 1;
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    const answer = decide(event, nth);
    const status = answer === 'hang' ? 0 : answer;
    received.push({ event, key: event.data.key, seq: Number(event.sequence), status });
    if (answer !== 'hang') response.writeHead(answer).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    forged,
    get open() {
      return open;
    },
    answer: (next) => {
      decide = next;
    },
    taken: () => received.filter(({ status }) => status >= 200 && status < 300),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** A webhook listener that this receiver is meant for. */
export function webhookTo(receiver: Receiver, options: object = {}) {
  return {
    on: ['customers.*'],
    from: 'beginning',
    type: 'webhook',
    url: receiver.url,
    secret: receiverSecret,
    allowPrivate: true,
    ...options,
  };
}

/** Keys whose events were taken for the first time in another order than theirs. */
export function outOfOrder(taken: readonly Received[]): string[] {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  const wrong = new Set<string>();
  for (const { key, event, seq } of taken) {
    if (seen.has(event.id)) continue;
    seen.add(event.id);
    if (seq < (last.get(key) ?? 0)) wrong.add(key);
    last.set(key, seq);
  }
  return [...wrong];
}
