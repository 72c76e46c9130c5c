import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/**
 * What happens to one request, that is, to one chunk of bytes from the client and the answer to it.
 * `cut`: neither arrives, the connection ends. `cut-after-request`: it arrives, and the connection ends at once.
 * `drop-reply`: it arrives, is answered, and the connection ends instead of the answer. `black-hole`: nothing ever comes
 * back, not even the answer to an end; the server notices when the client has given up. `delayMs`: the answer comes later.
 * `lostUntil`: as `drop-reply`, but the connection ends when the answer has this text. What is asked together is answered in parts.
 */
export type Fault =
  | 'pass'
  | 'cut'
  | 'cut-after-request'
  | 'drop-reply'
  | 'black-hole'
  | { readonly delayMs: number }
  | { readonly lostUntil: string };

/** Which requests are meant: those that contain a text, or of which something holds, byte for byte. */
export type Asked = string | ((request: string) => boolean);

/** A TCP proxy that misbehaves on demand. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** The fault of every request from now on, where no other is due. */
  always(fault: Fault): void;
  /** The faults of the next such requests, one each, in order. */
  next(asked: Asked, ...faults: readonly Fault[]): void;
  /** What is due and has not come is not due any more. */
  forget(): void;
  /** Refuses connections, and ends those that there are. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** How many such requests came by. */
  seen(asked: Asked): number;
  /** How often a text came back, whatever became of it. */
  answered(text: string): number;
  stop(): Promise<void>;
}

interface Due {
  readonly asked: Asked;
  readonly fault: Fault;
}

/** Starts a proxy before a server on 127.0.0.1; a function gives its port for each connection. */
export async function aFaultProxy(target: number | (() => number)): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const replies: string[] = [];
  const due: Due[] = [];
  let standing: Fault = 'pass';
  const portOf = typeof target === 'number' ? () => target : target;

  const faultOf = (request: string): Fault => {
    requests.push(request);
    const at = due.findIndex(({ asked }) => isMeant(request, asked));
    const [match] = at < 0 ? [] : due.splice(at, 1);
    return match?.fault ?? standing;
  };
  const server = createServer({ allowHalfOpen: true }, (client) =>
    join(client, portOf(), { faultOf, onReply: (reply) => replies.push(reply), sockets }),
  );
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  const port = await freePort();
  await listen(port);

  const goAway = async () => {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  return {
    port,
    always(fault) {
      standing = fault;
    },
    next(asked, ...faults) {
      due.push(...faults.map((fault) => ({ asked, fault })));
    },
    forget: () => void due.splice(0),
    goAway,
    comeBack: () => listen(port),
    seen: (asked) => requests.filter((request) => isMeant(request, asked)).length,
    answered: (text) => replies.join('').split(text).length - 1,
    stop: goAway,
    [Symbol.asyncDispose]: goAway,
  };
}

function isMeant(request: string, asked: Asked): boolean {
  return typeof asked === 'string' ? request.includes(asked) : asked(request);
}

interface Between {
  readonly faultOf: (request: string) => Fault;
  readonly onReply: (reply: string) => void;
  readonly sockets: Set<Socket>;
}

/** Joins a client's connection with one to the server; the fault of the latest request rules what flows back. */
function join(client: Socket, target: number, { faultOf, onReply, sockets }: Between): void {
  const upstream = connect(target, '127.0.0.1');
  let fault: Fault = 'pass';
  const end = () => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (socket === client || fault !== 'black-hole') end();
    });
  }
  client.on('end', () => {
    if (fault === 'black-hole') upstream.destroy();
    else client.end();
  });

  client.on('data', (request) => {
    if (fault !== 'black-hole') fault = faultOf(request.toString('latin1'));
    if (fault === 'cut') return end();
    if (fault === 'black-hole') return;
    upstream.write(request, () => {
      if (fault === 'cut-after-request') setImmediate(end);
    });
  });
  upstream.on('data', async (reply) => {
    const text = reply.toString('latin1');
    onReply(text);
    const now = fault;
    if (now === 'drop-reply') return end();
    if (now === 'black-hole' || now === 'cut-after-request') return;
    if (typeof now === 'object' && 'lostUntil' in now) {
      if (text.includes(now.lostUntil)) end();
      return;
    }
    if (typeof now === 'object') await wait(now.delayMs);
    client.write(reply);
  });
}
