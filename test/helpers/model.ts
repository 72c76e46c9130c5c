import { expect } from 'vitest';
import { aCustomer, type BaseConfig, type RemoteCustomer, type SyncEvent } from './sync.ts';
import { dialectConfig, type Scripted } from './third-party.ts';

/** What the third party has, and what it had: each version of a record has a text that no other ever had. */
export interface Model {
  /** In the order of their keys. */
  records(): RemoteCustomer[];
  put(key: number): void;
  remove(key: number): void;
  /** Fails the test if the events report anything that never was, or in another order than it was. */
  expectNothingInvented(events: readonly SyncEvent[]): void;
}

/** What stands for a record that is not there. */
const gone = 'gone';

/** An empty third party is for the guard, and for other tests: the record with this key is there from the beginning. */
export function aModel(alwaysThere: number): Model {
  const histories = new Map<string, string[]>();
  let versions = 0;

  const note = (key: number, email: string) => {
    const history = histories.get(String(key)) ?? [gone];
    if (history.at(-1) !== email) histories.set(String(key), [...history, email]);
  };
  const put = (key: number) => {
    versions += 1;
    note(key, `version${versions}@example.com`);
  };
  put(alwaysThere);
  return {
    records: () =>
      [...histories]
        .map(([id, history]) => ({ id: Number(id), email: history.at(-1) ?? gone }))
        .filter(({ email }) => email !== gone)
        .sort((a, b) => a.id - b.id)
        .map(({ id, email }) => aCustomer(id, { contact: { email } })),
    put,
    remove: (key) => note(key, gone),
    expectNothingInvented(events) {
      const reported = Map.groupBy(events, ({ data }) => data.key);
      for (const [key, ofKey] of reported) {
        const texts = ofKey.map(({ data }) => String(data.after?.email ?? gone));
        expect(notIn(histories.get(key) ?? [], texts), `events of ${key}: ${texts}`).toEqual([]);
      }
    },
  };
}

/** A config for `pageAfter`: a request that is given up soon, and no guard, so that what is gone goes at once. */
export function smallPages(config: BaseConfig) {
  const { acme } = config.adapters;
  const { pagination } = dialectConfig('cursor');
  const customers = { ...acme.resources.customers, records: 'data', pagination: { ...pagination, stable: true } };
  return {
    ...config,
    adapters: { acme: { ...acme, timeout: '1s', resources: { customers } } },
    guard: { maxDeletes: 1_000_000, confirm: 1 },
  };
}

/** Pages in which the cursor is the key of the last record: whatever comes and goes, no record moves across pages. */
export function pageAfter(pageSize: number) {
  return (url: URL, records: readonly object[]): Scripted => {
    const after = Number(url.searchParams.get('cursor'));
    const left = (records as readonly RemoteCustomer[]).filter(({ id }) => Number(id) > after);
    const data = left.slice(0, pageSize);
    return { body: { data, meta: { next: left.length > pageSize ? (data.at(-1)?.id ?? null) : null } } };
  };
}

/** What of `reported` is not in `history`, where both go forward: what is left out is no harm. */
function notIn(history: readonly string[], reported: readonly string[]): string[] {
  let from = 1;
  return reported.filter((text) => {
    const at = history.indexOf(text, from);
    from = at < 0 ? from : at + 1;
    return at < 0;
  });
}
