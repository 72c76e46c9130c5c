import { describe, test } from 'vitest';
import { type AdapterSubject, testAdapter as registerChecks } from '../../src/testing.ts';
import { collectionPage, type Dialect } from '../helpers/third-party.ts';

/** An adapter with a resource called `people`, and how its third party serves the whole collection. */
export type Subject = Omit<AdapterSubject, 'resource' | 'records' | 'key' | 'expected'>;

/** Five records, with what is hard to quote in any format. */
export const five = [1, 2, 3, 4, 5].map((id) => ({ id: String(id), name: `Zoë "${id}", {[` }));

/** What every adapter keeps to, whatever it reads: the checks that we publish. Records are `{ id, name }`, with texts. */
export function testAdapter(name: string, subject: Subject): void {
  describe(name, () => {
    registerChecks(test, { resource: 'people', records: five, key: 'id', ...subject });
  });
}

/** Serves pages of two records, in a dialect of `aThirdParty`. */
export function dialectServer(dialect: Dialect): AdapterSubject['serve'] {
  return ({ url }, { records }) => {
    const { status, headers, body } = collectionPage(url, records, { dialect, pageSize: 2 });
    return { ...(status !== undefined && { status }), headers: { ...headers } as Record<string, string>, body };
  };
}
