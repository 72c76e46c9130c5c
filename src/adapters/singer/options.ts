import type { Mode } from '../../adapter.ts';

/** How a Singer tap is run, as in the config. */
export interface SingerOptions {
  /** The program and its arguments. There is no shell. */
  readonly command: readonly string[];
  /** The tap's own config: an object, or the path of a file. */
  readonly config?: TapFile | undefined;
  /** What the tap should read. Default: what it selects itself. */
  readonly catalog?: TapFile | undefined;
  readonly resources: Readonly<Record<string, SingerResource>>;
}

export type TapFile = string | Readonly<Record<string, unknown>>;

export interface SingerResource {
  /** The stream's name (`stream` of its messages). */
  readonly stream: string;
  /** Default: what the catalog says, or a snapshot if it says nothing. */
  readonly mode?: Mode | undefined;
}

/** Where and within which limits a tap runs. */
export interface TapSurroundings {
  /** The folder of the config, in which the tap runs. */
  readonly dir: string;
  /** Its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** How long it may run. */
  readonly timeoutMs: number;
  /** The longest message. */
  readonly maxMessageBytes: number;
}
