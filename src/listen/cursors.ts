import { comparePositions, type Position } from '../event.ts';
import { cursorsIn, type EventStream } from '../stream.ts';
import type { Target } from '../target.ts';

export interface CursorsDeps {
  readonly stream: Pick<EventStream, 'state'>;
  readonly target: Pick<Target, 'fence' | 'groups' | 'saveGroups'>;
}

/** Copies the groups' cursors from the stream to the target, which loses less: a lost group continues from there. */
export class Cursors {
  readonly #groups: ReadonlySet<string>;
  readonly #deps: CursorsDeps;
  readonly #saved = new Map<string, Position>();

  constructor(groups: readonly string[], deps: CursorsDeps) {
    this.#groups = new Set(groups);
    this.#deps = deps;
  }

  /** Stores those that have moved. The target keeps a cursor of another daemon that is further on. */
  async save(): Promise<void> {
    const { stream, target } = this.#deps;
    const state = await stream.state();
    const fence = await target.fence();
    if (fence === null) return;
    // A group that the target does not know was dropped, and must not come back.
    const known = new Set((await target.groups()).map(({ group }) => group));
    const moved = cursorsIn(state, fence)
      .filter(({ group }) => this.#groups.has(group) && known.has(group))
      .filter(({ group, position }) => {
        const saved = this.#saved.get(group);
        return !saved || comparePositions(position, saved) > 0;
      });
    if (moved.length > 0) await target.saveGroups(moved);
    for (const { group, position } of moved) this.#saved.set(group, position);
  }
}
