import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Keys, PageRequest } from '../../src/adapter.ts';
import type { Bookmark, RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { CursorExpiredError, ProtocolError } from '../../src/errors.ts';
import { openTestContext } from '../../src/testing.ts';
import { aThirdParty, type Scripted, type ThirdParty } from '../helpers/third-party.ts';

let party: ThirdParty;
beforeEach(async () => {
  party = await aThirdParty();
});
afterEach(() => party.close());

const keys: Keys = {
  record: (raw) => (raw as { id: string }).id,
  tombstone: (raw) => (typeof raw === 'string' ? raw : ((raw as { id?: string }).id ?? null)),
};
const byField: Bookmark = { field: 'at', param: 'since', overlapMs: 0 };

async function ask(body: Scripted['body'], resource: Partial<RestResource>, request: Partial<PageRequest> = {}) {
  party.script({ body: body ?? '', headers: { date: 'Sun, 01 Mar 2026 12:00:00 GMT' } });
  const options: RestResource = { path: '/people', mode: 'changes', bookmark: byField, ...resource };
  const adapter = createRestAdapter({ baseUrl: party.url, resources: { people: options } });
  const asked = { resource: 'people', mode: 'snapshot', cursor: null, bookmark: null, keys, ...request } as const;
  const page = await adapter.fetchPage(asked, openTestContext(party.url));
  if (page.mode === 'not-modified') throw new Error('expected a page');
  return page;
}

const changesSince = (bookmark: string) => ({ mode: 'changes', bookmark }) as const;
const search = () => party.arrivals.at(-1)?.url.search;
const tenSharp = Date.parse('2026-03-01T10:00:00Z');

describe('a bookmark', () => {
  test.each<[string, Partial<Bookmark>, unknown, string]>([
    ['ISO text', {}, '2026-03-01T10:00:00.123456+00:00', String(tenSharp + 123)],
    ['ISO text without a zone, as UTC', {}, '2026-03-01 10:00:00', String(tenSharp)],
    ['seconds', { format: 'seconds' }, tenSharp / 1000, String(tenSharp)],
    ['seconds as text', { format: 'seconds' }, String(tenSharp / 1000), String(tenSharp)],
    ['milliseconds', { format: 'milliseconds' }, tenSharp, String(tenSharp)],
    ['a number that grows', { format: 'number' }, 12, '12'],
    ['a number past 2^53', { format: 'number' }, '12345678901234567890', '12345678901234567890'],
  ])('is read as %s, the largest of the page', async (_title, how, at, expected) => {
    const page = await ask([{ id: 'a', at }, { id: 'b' }, { id: 'c', at: null }], { bookmark: { ...byField, ...how } });
    expect(page.bookmark).toBe(expected);
  });

  test('is never later than the answer: one date far ahead would hide every change to come', async () => {
    const page = await ask([{ id: 'a', at: '2099-01-01T00:00:00Z' }], {});
    expect(page.bookmark).toBe(String(Date.parse('2026-03-01T12:00:00Z')));
  });

  test.each<[Partial<Bookmark>, string]>([
    [{}, '?since=2026-03-01T10%3A00%3A00Z'],
    [{ overlapMs: 90_000 }, '?since=2026-03-01T09%3A58%3A30Z'],
    [{ overlapMs: undefined }, '?since=2026-03-01T09%3A55%3A00Z'],
    [{ format: 'seconds', param: 'from' }, `?from=${tenSharp / 1000}`],
    [{ format: 'milliseconds', query: { deleted: true } }, `?deleted=true&since=${tenSharp}`],
  ])('is asked with as %j says', async (how, expected) => {
    await ask([], { bookmark: { ...byField, ...how } }, changesSince(String(tenSharp)));
    expect(search()).toBe(expected);
  });

  test('stays where an empty page says nothing', async () => {
    expect((await ask([], {}, changesSince(String(tenSharp)))).bookmark).toBe(String(tenSharp));
    expect((await ask([], {})).bookmark).toBeUndefined();
  });

  test.each([
    [[{ id: 'a' }], /`at` in any record of the first page is not there/],
    [[{ id: 'a', at: 'soon' }], /"soon" cannot be read as iso/],
    [[{ id: 'a', at: 12 }], /"12" cannot be read as iso/],
  ])('that cannot be had from %j makes it no page', async (body, message) => {
    await expect(ask(body, {})).rejects.toThrow(message);
    await expect(ask(body, {})).rejects.toBeInstanceOf(ProtocolError);
  });

  test('that is no time any more is too old, without a hit', async () => {
    await expect(ask([], {}, changesSince('gibberish'))).rejects.toBeInstanceOf(CursorExpiredError);
    expect(party.arrivals).toEqual([]);
  });
});

describe('tombstones', () => {
  const since = changesSince(String(tenSharp));
  const at = (minute: number) => `2026-03-01T10:0${minute}:00Z`;

  test.each([
    [{ field: 'gone' }, { gone: true }],
    [{ field: 'gone' }, { gone: '2026-03-01' }],
    [{ when: "state == 'archived'" }, { state: 'archived' }],
  ])('are told from records by %j', async (tombstones, mark) => {
    const body = [
      { id: 'a', at: at(1), gone: false, state: 'new' },
      { id: 'b', at: at(1), gone: 0, state: null },
      { id: 'c', at: at(2), ...mark },
    ];
    expect(await ask(body, { tombstones }, since)).toMatchObject({ records: body.slice(0, 2), deleted: ['c'] });
    const snapshot = await ask({ list: body, n: 3 }, { tombstones, records: 'list', total: 'n' });
    expect(snapshot).toMatchObject({ records: body.slice(0, 2) });
    expect(snapshot).not.toHaveProperty('total');
  });

  test('of one page lose against a record, unless they are provably newer', async () => {
    const body = [
      { id: 'a', at: at(1), gone: true },
      { id: 'a', at: at(2) },
      { id: 'b', at: at(1) },
      { id: 'b', at: at(2), gone: true },
      { id: 'c', at: at(1) },
      { id: 'c', at: at(1), gone: true },
      { id: 'd' },
      { id: 'd', at: at(1), gone: true },
    ];
    const page = await ask(body, { tombstones: { field: 'gone' } }, since);
    expect(page).toMatchObject({ deleted: ['a', 'b', 'c', 'd'], records: [body[1], body[4], body[6]] });
  });

  test('are a list beside the records, of ids or of objects; one without an id is passed over', async () => {
    const body = { list: [], removed: ['a', { id: 'b' }, {}] };
    const page = await ask(body, { records: 'list', tombstones: { path: 'removed' } }, since);
    expect(page).toMatchObject({ records: [], deleted: ['a', 'b'] });
    expect(await ask({ list: [] }, { records: 'list', tombstones: { path: 'removed' } }, since)).toMatchObject({
      deleted: [],
    });
  });
});

describe('a log', () => {
  const log = { bookmark: { path: 'last', param: 'since', log: true }, records: 'entries' };
  const tombstones = { when: 'gone' };
  const of = (...entries: readonly object[]) => ({ entries, last: 7 });
  const body = of({ id: 'a' }, { id: 'a', gone: true }, { id: 'b', gone: true }, { id: 'b' }, { id: 'c' });

  test('tells by the order of its entries what is there, in a pass of changes and in one over everything', async () => {
    const records = [{ id: 'b' }, { id: 'c' }];
    const changes = await ask(body, { ...log, tombstones }, { mode: 'changes', bookmark: '3' });
    expect(changes).toMatchObject({ mode: 'changes', records, deleted: ['a'], bookmark: '7', isLog: true });
    const whole = await ask(body, { ...log, tombstones });
    expect(whole).toMatchObject({ mode: 'snapshot', records, gone: ['a'], bookmark: '7', isLog: true });
  });

  test('has a bookmark on every page, and asks for the next page by its cursor', async () => {
    const pagination = { type: 'cursor', next: 'last', param: 'since' } as const;
    const request = { mode: 'changes', bookmark: '3', cursor: '5' } as const;
    expect(await ask(of({ id: 'a' }), { ...log, pagination }, request)).toMatchObject({ bookmark: '7', next: '7' });
    expect(search()).toBe('?since=5');
  });

  test('passes on a record without a key, and leaves out a tombstone without one', async () => {
    const page = await ask(
      of({ name: 'x' }, { gone: true }),
      { ...log, tombstones },
      { mode: 'changes', bookmark: '3' },
    );
    expect(page).toMatchObject({ records: [{ name: 'x' }], deleted: [] });
  });
});
