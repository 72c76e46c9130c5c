import type { Mode } from '../../adapter.ts';

/** How a Singer tap is run, as the config says it. */
export interface SingerOptions {
  /** The program and its arguments; no shell is in between. */
  readonly command: readonly string[];
  /** The tap's own config: an object, or the path of a file. */
  readonly config?: TapFile | undefined;
  /** What the tap is to read; by default what it selects itself. */
  readonly catalog?: TapFile | undefined;
  readonly resources: Readonly<Record<string, SingerResource>>;
}

export type TapFile = string | Readonly<Record<string, unknown>>;

export interface SingerResource {
  /** The stream's name (`stream` of its messages). */
  readonly stream: string;
  /** By default what the catalog says, and a snapshot where it says nothing. */
  readonly mode?: Mode | undefined;
}

/** What a tap needs of where it runs. */
export interface TapSurroundings {
  /** The config's folder: the tap runs there. */
  readonly dir: string;
  /** The variables that it inherits. */
  readonly env: NodeJS.ProcessEnv;
  /** How long it may run. */
  readonly timeoutMs: number;
  /** The longest message. */
  readonly maxMessageBytes: number;
}
