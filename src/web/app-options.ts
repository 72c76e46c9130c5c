import type { Actions } from './actions.ts';
import type { DocumentOptions } from './document.tsx';
import type { Reachable } from './protect/hosts.ts';
import type { Sources } from './read/sources.ts';

export interface AppOptions extends DocumentOptions {
  readonly reachable: Reachable;
  readonly sources: Sources;
  readonly actions: Actions;
  readonly now: () => Date;
  /** How often live regions are painted; every two seconds by default. */
  readonly pollMs?: number;
  /** How a login waits after failures. */
  readonly wait?: (ms: number) => Promise<unknown>;
}
