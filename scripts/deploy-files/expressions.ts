/** Of the syncs that are chosen at the top of the dashboard. */
export const chosen = 'sync=~"$sync"';

/** The greatest of all exporters: each has the same metrics of the sync, because it reads them from the stores. */
export function most(by: string, metric: string, matcher = ''): string {
  return `max by (${by}) (${metric}{${chosen}${matcher && `,${matcher}`}})`;
}

/** How long ago the time was that a metric has. */
export function since(by: string, metric: string): string {
  return `time() - ${most(by, metric)}`;
}

/** How much a counter of the stores has grown, which every exporter has in full. */
export function grown(by: string, metric: string): string {
  return `max by (${by}) (increase(${metric}{${chosen}}[$__rate_interval]))`;
}

/** What each daemon counts for itself, added up. */
export function rate(by: string, metric: string): string {
  return `sum by (${by}) (rate(${metric}{${chosen}}[$__rate_interval]))`;
}

/** A quantile of a histogram of the daemons. */
export function quantile(share: number, metric: string): string {
  return `histogram_quantile(${share}, ${rate('sync, listener, le', `${metric}_bucket`)})`;
}
