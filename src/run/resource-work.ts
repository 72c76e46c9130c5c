import { type ChangeCounts, noChanges, sumCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { PageTotals } from '../pass/page/page-intake.ts';
import type { RunResource } from '../run-row.ts';
import type { ResourceTable } from '../table.ts';

type Work = Pick<RunResource, 'pages' | 'records' | 'rejected' | 'counts' | 'error'>;

/** A resource, and where its pass stands. */
interface Where {
  readonly resource: { readonly table: Pick<ResourceTable, 'resource'> };
  readonly checkpoint: Pick<Checkpoint, 'pass' | 'phase'> | null;
}

const nothing: Work = { pages: 0, records: 0, rejected: 0, counts: noChanges, error: null };

/** What a run does for each resource that it works on. */
export class ResourceWork {
  readonly #works = new Map<string, Work>();

  tookPage(resource: string, { records, rejected }: PageTotals): void {
    const before = this.#of(resource);
    const sums = { records: before.records + records, rejected: before.rejected + rejected };
    this.#works.set(resource, { ...before, ...sums, pages: before.pages + 1 });
  }

  wrote(resource: string, counts: ChangeCounts): void {
    const before = this.#of(resource);
    this.#works.set(resource, { ...before, counts: sumCounts(before.counts, counts) });
  }

  /** The first error counts. */
  failed(resource: string, error: string): void {
    const before = this.#of(resource);
    this.#works.set(resource, { ...before, error: before.error ?? error });
  }

  /** As the passes stand at the end. A resource that was not worked on is left out. */
  rows(passes: readonly Where[]): RunResource[] {
    return passes.flatMap(({ resource: { table }, checkpoint }) => {
      const work = this.#works.get(table.resource);
      if (!work || !checkpoint) return [];
      return [{ resource: table.resource, pass: checkpoint.pass, phase: checkpoint.phase, ...work }];
    });
  }

  #of(resource: string): Work {
    return this.#works.get(resource) ?? nothing;
  }
}
