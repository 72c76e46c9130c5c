import { describe, expect, test } from 'vitest';
import type { ChangesPage, Keys, PageRequest } from '../../src/adapter.ts';
import type { Bookmark, RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { CursorExpiredError, ProtocolError } from '../../src/errors.ts';
import { openTestContext } from '../../src/testing.ts';
import { party } from '../helpers/fresh-party.ts';
import type { Scripted } from '../helpers/third-party.ts';

const keys: Keys = {
  record: (raw) => (raw as { id: string }).id,
  tombstone: (raw) => (typeof raw === 'string' ? raw : ((raw as { id?: string }).id ?? null)),
};
const byField: Bookmark = { field: 'at', param: 'since', overlapMs: 0 };

async function ask(
  body: Scripted['body'],
  resource: Partial<RestResource>,
  request: Partial<PageRequest> = {},
  headers: Readonly<Record<string, string>> = {},
) {
  party.script({ body: body ?? '', headers: { date: 'Sun, 01 Mar 2026 12:00:00 GMT', ...headers } });
  const options: RestResource = { path: '/people', mode: 'changes', bookmark: byField, ...resource };
  const adapter = createRestAdapter({ baseUrl: party.url, resources: { people: options } });
  const asked = { resource: 'people', mode: 'snapshot', cursor: null, bookmark: null, keys, ...request } as const;
  const page = await adapter.fetchPage(asked, openTestContext(party.url));
  if (page.mode === 'not-modified') throw new Error('expected a page');
  return page;
}

const changesSince = (bookmark: string) => ({ mode: 'changes', bookmark }) as const;
const goingOn = ({ next }: Pick<ChangesPage, 'next'>) => ({ cursor: typeof next === 'function' ? next() : next });
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

  test('is the largest of all pages, but none later than the first answer', async () => {
    const pagination = { type: 'cursor', next: 'next', param: 'cursor' } as const;
    const resource = { records: 'list', pagination };
    const page = (...times: string[]) => ({ list: times.map((time, n) => ({ id: `${n}`, at: time })), next: 'more' });
    const first = await ask(page('2026-03-01T09:00:00Z', '2026-03-01T08:00:00Z'), resource);
    const second = await ask(page('2026-03-01T10:00:00Z'), resource, goingOn(first));
    const third = await ask(page('2026-03-01T12:00:01Z'), resource, goingOn(second));
    const fourth = await ask(page('2026-03-01T07:00:00Z', 'long ago'), resource, goingOn(third));
    expect([first, second, third, fourth].map(({ bookmark }) => bookmark)).toEqual(
      ['09', '10', '12', '12'].map((hour) => String(Date.parse(`2026-03-01T${hour}:00:00Z`))),
    );
    expect(fourth.isBookmarkLast).toBe(true);
  });

  test.each<[string, Partial<Bookmark>, Readonly<Record<string, string>>]>([
    ['where the answer does not say when it was given', {}, { date: '' }],
    ['where it is a number: what comes up meanwhile may have a smaller one', { format: 'number' }, {}],
  ])('is that of the first page alone %s', async (_title, how, headers) => {
    const times = how.format === 'number' ? [5, 9] : ['2026-03-01T09:00:00Z', '2026-03-01T10:00:00Z'];
    const pagination = { type: 'cursor', next: 'next', param: 'cursor' } as const;
    const resource = { records: 'list', pagination, bookmark: { ...byField, ...how } };
    const first = await ask({ list: [{ id: 'a', at: times[0] }], next: 'more' }, resource, {}, headers);
    const second = await ask({ list: [{ id: 'b', at: times[1] }] }, resource, goingOn(first), headers);
    expect(second.bookmark).toBe(first.bookmark);
  });

  test('passes over what cannot be read, where others can', async () => {
    const list = [
      { id: 'a', at: '0000-00-00 00:00:00' },
      { id: 'b', at: '2026-03-01T10:00:00Z' },
      { id: 'c', at: 'soon' },
    ];
    expect((await ask(list, {})).bookmark).toBe(String(tenSharp));
    const page = await ask(
      [...list, { id: 'a', at: 'soon', gone: true }],
      { tombstones: { field: 'gone' } },
      changesSince('1'),
    );
    expect(page).toMatchObject({ deleted: ['a'], records: list });
  });

  test.each(['2026/03/01 10:00:00', '03/01/2026 10:00:00', 'March 1, 2026 10:00'])(
    'is not taken from %s, because it is unknown whose time that is',
    async (at) => {
      await expect(ask([{ id: 'a', at }], {})).rejects.toThrow('cannot be read as iso');
    },
  );

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

  test('stays if an empty page does not give one', async () => {
    expect((await ask([], {}, changesSince(String(tenSharp)))).bookmark).toBe(String(tenSharp));
    expect((await ask([], {})).bookmark).toBeUndefined();
  });

  test.each([
    [[{ id: 'a' }], /`at` in any record of the first page is not there/],
    [[{ id: 'a', at: 'soon' }], /"soon" cannot be read as iso/],
    [[{ id: 'a', at: 12 }], /"12" cannot be read as iso/],
  ])('that cannot be read from %j makes it an error, not a page', async (body, message) => {
    await expect(ask(body, {})).rejects.toThrow(message);
    await expect(ask(body, {})).rejects.toBeInstanceOf(ProtocolError);
  });

  test('that is not a time any more is too old, without a hit', async () => {
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
  ])('are distinguished from records by %j', async (tombstones, mark) => {
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

  describe('of a later page', () => {
    const pagination = { type: 'cursor', next: 'next', param: 'after' } as const;
    const resource = { records: 'list', pagination, tombstones: { field: 'gone' } };
    const second = async (first: readonly object[], list: readonly object[], more: Partial<RestResource> = {}) => {
      const before = await ask({ list: first, next: 'n' }, { ...resource, ...more }, since);
      return ask({ list }, { ...resource, ...more }, { ...since, ...goingOn(before as ChangesPage) });
    };

    test('win where their time is later than that of every record before', async () => {
      const graves = [
        { id: 'a', at: at(2), gone: true },
        { id: 'b', at: at(3), gone: true },
        { id: 'c', gone: true },
      ];
      const page = await second(
        [
          { id: 'a', at: at(1) },
          { id: 'b', at: at(2) },
        ],
        graves,
      );
      expect(page).toMatchObject({ deleted: ['a', 'b', 'c'], gone: ['b'] });
    });

    test.each([
      ['one record before has no time', [{ id: 'a', at: at(1) }, { id: 'b' }], {}],
      ['the times are not the bookmark', [{ id: 'a', at: at(1) }], { bookmark: { header: 'Date', param: 'since' } }],
    ])('prove nothing where %s', async (_title, first, more) => {
      expect(await second(first, [{ id: 'a', at: at(2), gone: true }], more)).toMatchObject({
        deleted: ['a'],
        gone: [],
      });
    });

    test('prove nothing if an earlier release began the pass', async () => {
      const before = await ask({ list: [{ id: 'a', at: at(1) }], next: 'n' }, resource, since);
      const {
        newest: _newest,
        oldestGrave: _oldest,
        ...stage
      } = JSON.parse(goingOn(before as ChangesPage).cursor ?? '{}');
      const cursor = JSON.stringify(stage);
      const page = await ask({ list: [{ id: 'a', at: at(2), gone: true }] }, resource, { ...since, cursor });
      expect(page).toMatchObject({ deleted: ['a'], gone: [] });
    });

    test('outlive the records of later pages that are older than all of them', async () => {
      const graves = [
        { id: 'a', at: at(4), gone: true },
        { id: 'b', at: at(5), gone: true },
      ];
      const page = await second(graves, [
        { id: 'a', at: at(3) },
        { id: 'b', at: at(4) },
        { id: 'c', at: at(3) },
        { id: 'd', at: at(3) },
        { id: 'd', at: at(6) },
        { id: 'e' },
      ]);
      expect(page).toMatchObject({ outlived: ['a', 'c'] });
      expect(await second([...graves, { id: 'f', gone: true }], [{ id: 'a', at: at(3) }])).toMatchObject({
        outlived: [],
      });
      expect(await second([], [{ id: 'a', at: at(3) }])).toMatchObject({ outlived: [] });
    });

    test('win in a list beside the records too, and in pages of their own', async () => {
      const removed = [{ id: 'a', at: at(2) }, 'b'];
      const listing = { ...resource, tombstones: { path: 'removed' } };
      const before = await ask({ list: [{ id: 'a', at: at(1) }], next: 'n' }, listing, since);
      const beside = await ask({ list: [], removed }, listing, { ...since, ...goingOn(before as ChangesPage) });
      expect(beside).toMatchObject({ deleted: ['a', 'b'], gone: ['a'] });

      const apart = { records: 'list', tombstones: { from: { path: '/gone', records: 'ids' } } };
      const changed = await ask({ list: [{ id: 'a', at: at(1) }] }, apart, since);
      const graves = await ask({ ids: removed }, apart, { ...since, ...goingOn(changed as ChangesPage) });
      expect(graves).toMatchObject({ deleted: ['a', 'b'], gone: ['a'] });
    });
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

  test('decides by the order of its entries what exists, in a pass of changes and in a snapshot', async () => {
    const records = [{ id: 'b' }, { id: 'c' }];
    const changes = await ask(body, { ...log, tombstones }, { mode: 'changes', bookmark: '3' });
    expect(changes).toMatchObject({ mode: 'changes', records, deleted: ['a'], bookmark: '7', isLog: true });
    const whole = await ask(body, { ...log, tombstones });
    expect(whole).toMatchObject({ mode: 'snapshot', records, gone: ['a'], bookmark: '7', isLog: true });
  });

  test('has a bookmark on every page, and asks for the next page by its cursor', async () => {
    const pagination = { type: 'cursor', next: 'last', param: 'since' } as const;
    const first = await ask({ ...of({ id: 'a' }), last: 5 }, { ...log, pagination }, changesSince('3'));
    expect([search(), first.bookmark]).toEqual(['?since=3', '5']);
    const second = await ask(of({ id: 'b' }), { ...log, pagination }, { ...changesSince('3'), ...goingOn(first) });
    expect([search(), second.bookmark]).toEqual(['?since=5', '7']);
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

describe('pages of their own for what is gone', () => {
  const from = { path: '/gone', records: 'ids', pagination: { type: 'cursor', next: 'next', param: 'after' } } as const;
  const resource = { records: 'list', tombstones: { from } };
  const changes = changesSince(String(tenSharp));
  const place = () => `${party.arrivals.at(-1)?.url.pathname}${search()}`;

  test('come after the last page of changes, from the same bookmark on', async () => {
    const changed = await ask({ list: [{ id: 'a', at: '2026-03-01T11:00:00Z' }] }, resource, changes);
    expect(place()).toBe('/people?since=2026-03-01T10%3A00%3A00Z');
    expect(changed).toMatchObject({ records: [{ id: 'a' }], deleted: [] });
    const first = await ask({ ids: ['b', { id: 'c' }, {}], next: 'n' }, resource, { ...changes, ...goingOn(changed) });
    expect(place()).toBe('/gone?since=2026-03-01T10%3A00%3A00Z');
    expect(first).toMatchObject({ mode: 'changes', records: [], deleted: ['b', 'c'] });
    const last = await ask({ ids: ['d'] }, resource, { ...changes, ...goingOn(first) });
    expect(place()).toBe('/gone?since=2026-03-01T10%3A00%3A00Z&after=n');
    expect(last).toMatchObject({ deleted: ['d'], next: null, bookmark: changed.bookmark });
  });

  test('are not asked for where everything is read', async () => {
    expect(await ask({ list: [] }, resource)).toMatchObject({ mode: 'snapshot', next: null });
  });

  test('may have another parameter, and a query of their own', async () => {
    const own = { tombstones: { from: { ...from, param: 'removed_since', query: { all: true } } }, records: 'list' };
    const changed = await ask({ list: [] }, own, changes);
    await ask({ ids: [] }, own, { ...changes, ...goingOn(changed) });
    expect(place()).toBe('/gone?all=true&removed_since=2026-03-01T10%3A00%3A00Z');
  });

  test('may call the bookmark too old as well', async () => {
    const changed = await ask({ list: [] }, resource, changes);
    party.script({ status: 410, body: {} });
    const adapter = createRestAdapter({
      baseUrl: party.url,
      resources: { people: { path: '/people', mode: 'changes', bookmark: byField, ...resource } },
    });
    const request = { resource: 'people', keys, ...changes, ...goingOn(changed) };
    const asking = adapter.fetchPage(request, openTestContext(party.url));
    await expect(asking).rejects.toMatchObject({ name: 'CursorExpiredError', isBookmark: true });
  });
});
