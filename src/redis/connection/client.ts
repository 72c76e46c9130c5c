import type { RedisOptions } from 'ioredis';
import type { Log } from '../../log.ts';
import type { AskLogin } from '../../login.ts';

export type RedisArgument = string | number | Buffer;

/** The way that commands take to Redis, whatever the shape of what is there. */
export interface RedisClient {
  /** Connects, and resolves to what the server that keeps this key answers to `INFO`. */
  connect(key: string): Promise<string>;
  /** Sends a command once. Connects if nothing is connected. */
  call(command: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** Whether it has ended: it will not connect again with the login that it has. */
  isOver(): boolean;
  /** Why nothing answers, where the errors did not say it. */
  explain(): Promise<Error | undefined>;
  close(): void;
}

export type NodeOptions = Omit<RedisOptions, 'replyMapping'>;

export interface ClientConfig {
  /** Of every connection to a server that holds data. */
  readonly options: NodeOptions;
  /** How long a sentinel, or a node of a cluster, may take to say where the data is. */
  readonly askMs: number;
  /** Whether it lives for long: then it listens for failovers rather than find out by a command that fails. */
  readonly isDaemon: boolean;
  /** Asked before each connect, where the config names a module. */
  readonly login?: AskLogin | undefined;
  /** A key of the sync, for a question that only a client that is logged in gets an answer to. */
  readonly key: string;
  readonly log: Log;
  readonly onError: (error: Error) => void;
  readonly onReady: () => void;
}
