import type { ResourceTable } from '../../../table.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { type Shape, shapeOf } from './shape.ts';
import { readTable } from './system-table.ts';

/** The table as it is now; null while it lacks its key. */
export async function readShape(session: Session, place: Place, table: ResourceTable): Promise<Shape | null> {
  return shapeOf(table, await readTable(session, place, table.table), place);
}

/** The shapes of a run's tables, each read once: between two runs the system may change its tables. */
export class Shapes {
  readonly #place: Place;
  readonly #known = new WeakMap<ResourceTable, Shape | null>();

  constructor(place: Place) {
    this.#place = place;
  }

  async of(session: Session, table: ResourceTable): Promise<Shape | null> {
    const known = this.#known.get(table);
    if (known !== undefined) return known;
    const shape = await readShape(session, this.#place, table);
    this.#known.set(table, shape);
    return shape;
  }

  /** The table may have been made or widened. */
  forget(table: ResourceTable): void {
    this.#known.delete(table);
  }
}
