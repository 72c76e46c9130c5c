import type { Identified } from '../match/identify.ts';
import { type Recognised, sumRecognised } from '../match/recognise.ts';
import type { Repeated } from '../pass/page/brought.ts';
import { quarantined, type Rejected } from '../record.ts';
import type { ResourcePlan } from './resource-plan.ts';

const rejectsShown = 5;

/** What a dry run has found in the pages of one resource so far. */
export class Findings {
  #records = 0;
  #rejected = 0;
  #duplicates = 0;
  #unchanged = 0;
  #recognised: Recognised | undefined;
  readonly #rejects: Rejected[] = [];

  /** Counts a page that came to its end. */
  page({ records, rejected, duplicates, again }: Repeated & Pick<ResourcePlan, 'records' | 'rejected'>): void {
    this.#records += records;
    this.#rejected += rejected;
    this.#duplicates += duplicates + again;
  }

  /** Counts a batch, of which so many records would stay as they are. */
  batch({ rejected, recognised }: Identified, unchanged: number): void {
    this.#unchanged += unchanged;
    this.#rejects.push(...quarantined(rejected).slice(0, rejectsShown - this.#rejects.length));
    if (recognised) this.#recognised = sumRecognised(this.#recognised, recognised);
  }

  totals(): Pick<ResourcePlan, 'records' | 'rejected' | 'duplicates' | 'rejects' | 'unchanged' | 'recognised'> {
    return {
      records: this.#records,
      rejected: this.#rejected,
      duplicates: this.#duplicates,
      rejects: this.#rejects.map(({ key, reasons }) => ({ key, reasons })),
      unchanged: this.#unchanged,
      ...(this.#recognised && { recognised: this.#recognised }),
    };
  }
}
