import type { ChangeCounts } from '../../change.ts';

/** What the events about the sync itself have announced last. Kept in the target, as JSON. */
export interface News {
  /** Since when runs fail, in milliseconds since the epoch; null: they do not. */
  readonly failingSince: number | null;
  /** The third party refuses the credentials. */
  readonly isRefused: boolean;
  readonly resources: Readonly<Record<string, ResourceNews>>;
}

export type HeldKind = 'deletes' | 'updates' | 'values';

export interface ResourceNews {
  /** What the guard holds back: deletions, updates, values that would become empty. */
  readonly holds: readonly HeldKind[];
  readonly hasDrifted: boolean;
  /** When the schema change was found that was announced last. */
  readonly schemaAt: number | null;
  /** All changes up to the last pass that was announced; null if none was. */
  readonly totals: ChangeCounts | null;
}

const noNews: News = { failingSince: null, isRefused: false, resources: {} };

export const noResourceNews: ResourceNews = {
  ...{ holds: [], hasDrifted: false, schemaAt: null, totals: null },
};

export function newsIn(json: string | null): News {
  return json === null ? noNews : { ...noNews, ...JSON.parse(json) };
}
