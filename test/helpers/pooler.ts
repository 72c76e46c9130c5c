import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import pg from 'pg';

/** A pooler in transaction mode, at its meanest: every transaction gets a session that nobody has used before. */
export interface Pooler extends AsyncDisposable {
  readonly port: number;
  /** How many sessions it has made so far. */
  readonly sessions: number;
}

/** Starts one before a server. Each session has run one of `spoils`, by turns, as if somebody had left that set. */
export async function aPooler(url: string, spoils: readonly string[]): Promise<Pooler> {
  const clients = new Set<Socket>();
  let sessions = 0;
  const open = async (): Promise<Socket> => {
    sessions += 1;
    return aSession(url, spoils[sessions % spoils.length] ?? 'SELECT 1');
  };
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    serve(client, open);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    port: address.port,
    get sessions() {
      return sessions;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
}

/** A session's socket, past its start, which the driver does not read any more. */
async function aSession(url: string, spoil: string): Promise<Socket> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  await client.query(spoil);
  const socket = client.connection.stream as Socket;
  for (const event of ['data', 'end', 'close']) socket.removeAllListeners(event);
  return socket;
}

/** Believes every client, and joins it with a session from the first message of a transaction to its end. */
function serve(client: Socket, open: () => Promise<Socket>): void {
  let isStarted = false;
  let session: Promise<Socket> | undefined;
  const take = async (): Promise<Socket> => {
    const taken = await open();
    const read = messageReader((type, body) => {
      if (type !== 'Z' || body.toString() !== 'I') return;
      session = undefined;
      taken.destroy();
    });
    taken.on('data', (reply) => {
      read(reply);
      client.write(reply);
    });
    return taken;
  };
  client.on('close', async () => (await session)?.destroy());
  client.on('data', async (request) => {
    if (!isStarted) {
      isStarted = true;
      client.write(welcome);
    } else if (request.toString('latin1', 0, 1) === 'X') {
      client.end();
    } else {
      session ??= take();
      (await session).write(request);
    }
  });
}

/** Cuts a stream into messages (PostgreSQL documentation, 54.2). */
function messageReader(onMessage: (type: string, body: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      onMessage(rest.toString('latin1', 0, 1), rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  };
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.from(`${type}....`);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** "AuthenticationOk", "ParameterStatus", "BackendKeyData", which a pooler makes up, and "ReadyForQuery". */
const welcome = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('S', Buffer.from('server_version\x0018.0\0')),
  message('K', Buffer.alloc(8)),
  message('Z', Buffer.from('I')),
]);
