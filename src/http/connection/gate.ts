import type { Agent } from 'node:http';
import type { Socket } from 'node:net';

/** Stands between a connection and the first byte of a request that is written to it. */
export interface Gate {
  /** Makes the agent hand out this connection, and only after the gate has let it through. */
  guard<Guarded extends Agent>(agent: Guarded): Guarded;
  /** Whether a request may have left. While it is false, no byte of it has. */
  isPassed(): boolean;
  /** How many bytes have come over the connection since. */
  received(): number;
  /** What `beforeSend` threw. */
  refusal(): unknown;
  /** Drops the connection if no request has left, and lets none leave any more. */
  close(): void;
}

/**
 * Opens a gate for one request over a connection that stands. `beforeSend` is called at the last moment at which the request
 * can still be stopped.
 */
export function openGate(socket: Socket, beforeSend: () => void): Gate {
  const before = socket.bytesRead;
  let passed = false;
  let refused: unknown;
  let isClosed = false;

  function letPass(): Error | null {
    try {
      if (isClosed || passed) throw new Error('the request was given up');
      beforeSend();
    } catch (error) {
      refused = error;
      socket.destroy();
      return error instanceof Error ? error : new Error(String(error));
    }
    passed = true;
    return null;
  }

  function guard<Guarded extends Agent>(agent: Guarded): Guarded {
    agent.createConnection = (_options, done) => {
      queueMicrotask(() => done?.(letPass(), socket));
      return undefined;
    };
    return agent;
  }

  function close(): void {
    isClosed = true;
    if (!passed) socket.destroy();
  }

  return { guard, isPassed: () => passed, received: () => socket.bytesRead - before, refusal: () => refused, close };
}
