import type { Agent } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** Stands between a connection and the first byte written to it. */
export interface Gate {
  /** Makes the agent hand out a connection only when it stands, encryption included, and the gate has let it through. */
  guard<Guarded extends Agent>(agent: Guarded): Guarded;
  /** Whether a request may have left. While it is false, no byte of it has. */
  isPassed(): boolean;
  /** How many bytes have come over the connection. */
  received(): number;
  /** What `beforeSend` threw. */
  refusal(): unknown;
  /** Drops a connection that is still being made, and lets no other one through. */
  close(): void;
}

/** Opens a gate for one request. `beforeSend` is called at the last moment at which the request can still be stopped. */
export function openGate(beforeSend: () => void): Gate {
  let passed = false;
  let refused: unknown;
  let isClosed = false;
  let pending: Duplex | undefined;
  let used: Duplex | undefined;

  function letPass(socket: Duplex): Error | null {
    try {
      if (isClosed) throw new Error('the request was given up');
      beforeSend();
    } catch (error) {
      refused = error;
      socket.destroy();
      return error instanceof Error ? error : new Error(String(error));
    }
    passed = true;
    used = socket;
    pending = undefined;
    return null;
  }

  function guard<Guarded extends Agent>(agent: Guarded): Guarded {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (options, done) => {
      const socket = connect(options);
      if (!socket) return socket;
      const fail = (error: Error) => done?.(error, socket);
      pending = socket;
      socket.once('error', fail);
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
        socket.off('error', fail);
        done?.(letPass(socket), socket);
      });
      return undefined;
    };
    return agent;
  }

  function close(): void {
    isClosed = true;
    pending?.destroy();
  }

  function received(): number {
    return used instanceof Socket ? used.bytesRead : 0;
  }

  return { guard, isPassed: () => passed, received, refusal: () => refused, close };
}
