import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, eventually, type Project, type ProjectOptions } from '../helpers/sync.ts';
import type { Arrival, Scripted } from '../helpers/third-party.ts';

/** A customer with the time of its last change; deleted ones stay as tombstones. */
interface Remote {
  readonly id: string;
  readonly email: string;
  readonly updated_at: string;
  readonly deleted?: boolean;
}

const at = (minute: number) => `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`;
const customer = (id: number, minute: number, changed: Partial<Remote> = {}): Remote => ({
  id: String(id),
  email: `${id}@${minute}`,
  updated_at: at(minute),
  ...changed,
});
const many = (count: number, minute = 0) => Array.from({ length: count }, (_, index) => customer(index + 1, minute));

function changing(config: BaseConfig, more: object = {}): object {
  const { acme } = config.adapters;
  const map = { id: 'id', email: 'email' };
  const tombstones = { field: 'deleted' };
  const bookmark = { field: 'updated_at', param: 'since', overlap: '1m' };
  const resource = { ...acme.resources.customers, mode: 'changes', bookmark, tombstones, map, ...more };
  return { ...config, adapters: { acme: { ...acme, resources: { customers: resource } } } };
}

/** A third party that is asked with `?since=`, in pages of so many. */
function answering(read: () => readonly Remote[], pageSize = 100) {
  return ({ url }: Arrival): Scripted => {
    const since = url.searchParams.get('since') ?? '';
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const changed = read().filter(({ updated_at, deleted }) => (since === '' ? !deleted : updated_at >= since));
    const next = from + pageSize < changed.length ? String(from + pageSize) : null;
    return { body: { data: changed.slice(from, from + pageSize), next } };
  };
}

interface Changing extends AsyncDisposable {
  readonly project: Project;
  records: Remote[];
}

const paged = { records: 'data', pagination: { type: 'cursor', next: 'next', param: 'cursor' } };

async function aChangingProject(records: Remote[], more: object = {}, options: Partial<ProjectOptions> = {}) {
  const config = (base: BaseConfig) => changing(base, { ...paged, ...more });
  const project = await aProject({ redis, config, ...options });
  const subject: Changing = { project, records, [Symbol.asyncDispose]: () => project.close() };
  const pageSize = options.pageSize ?? 100;
  project.party.script(...Array(50).fill(answering(() => subject.records, pageSize)));
  return subject;
}

const sinces = ({ party }: Project) => party.arrivals.map(({ url }) => url.searchParams.get('since'));
const live = (project: Project) =>
  project
    .rows()
    .filter(({ deleted_at }) => deleted_at === null)
    .map(({ id, email }) => `${id} ${email}`);
const keysOf = async (project: Project, type: string) =>
  (await project.streamEvents()).flatMap(({ event }) => (event.type === type ? [event.subject] : []));
const there = (records: readonly Remote[]) =>
  records
    .filter(({ deleted }) => !deleted)
    .map(({ id, email }) => `${id} ${email}`)
    .toSorted();

test('after a full pass it asks for what changed, less the overlap, and what it has already costs nothing', async () => {
  await using subject = await aChangingProject([...many(19), customer(20, 5)]);
  const { project } = subject;
  expect((await project.sync()).json()).toMatchObject({ records: 20, counts: { created: 20 } });
  subject.records = [
    ...many(17),
    customer(18, 7),
    customer(19, 6, { deleted: true }),
    customer(20, 5),
    customer(21, 8),
  ];

  const second = (await project.sync()).json();
  expect(second).toMatchObject({ exitCode: 0, records: 3, counts: { created: 1, updated: 1, deleted: 1 } });
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });
  expect(sinces(project)).toEqual([null, at(4), at(7)]);
  expect(live(project).toSorted()).toEqual(there(subject.records));
  expect(project.events('customers.deleted').map(({ subject: key }) => key)).toEqual(['19']);
});

test('an empty answer means that nothing changed: nothing is deleted, and the bookmark stays', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.sync();
  const { records } = subject;
  subject.records = [];
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, records: 0, counts: { deleted: 0 } });
  subject.records = records;
  await project.sync();
  expect(sinces(project)).toEqual([null, '2026-03-01T09:59:00Z', '2026-03-01T09:59:00Z']);
  expect(live(project)).toHaveLength(20);
});

test('what changed while a full pass of several runs went on comes with the next pass', async () => {
  await using subject = await aChangingProject(many(6), {}, { pageSize: 2 });
  const { project } = subject;
  const onePage = ['run', '--json', '--max-pages', '1'];
  await project.sync(onePage);
  subject.records = [customer(1, 9), ...many(6).slice(1)];
  await project.sync(onePage);
  await project.sync(onePage);
  expect(live(project)).toContain('1 1@0');
  await project.sync();
  expect(live(project).toSorted()).toEqual(there(subject.records));
});

test('a bookmark is stored when its pass ends', async () => {
  const changes = [1, 2, 3, 4, 5, 6].map((id) => customer(id, 10 + id));
  await using subject = await aChangingProject(many(20), {}, { pageSize: 20 });
  const { project } = subject;
  await project.sync();
  const bookmarkNow = () => {
    const [row] = project.query('SELECT checkpoint FROM _sync_passes');
    return new Date(Number(JSON.parse(String(row?.checkpoint)).bookmark)).toISOString();
  };
  expect(bookmarkNow()).toBe('2026-03-01T10:00:00.000Z');
  subject.records = [...changes, ...many(34, 20).slice(6)];
  await project.sync(['run', '--json', '--max-pages', '1']);
  expect(bookmarkNow()).toBe('2026-03-01T10:00:00.000Z');
  await project.sync();
  expect(bookmarkNow()).toBe('2026-03-01T10:20:00.000Z');
  expect(live(project).toSorted()).toEqual(there(subject.records));
});

const onePage = ['run', '--json', '--max-pages', '1'] as const;

test.each([
  ['sqlite', 'on one page', 20],
  ['sqlite', 'on pages apart', 1],
  ['postgres', 'on pages apart', 1],
] as const)(
  'on %s, a record beats an older tombstone of its key, and a newer one buries it, %s',
  async (target, _title, pageSize) => {
    await using subject = await aChangingProject(many(20), {}, { target });
    const { project } = subject;
    await project.sync();
    const gone = { deleted: true };
    const feed = [customer(1, 5, gone), customer(1, 6), customer(2, 7), customer(2, 8, gone), customer(3, 9)];
    const again = [customer(4, 10), customer(4, 11, gone), customer(4, 12)];
    project.party.rescript(...Array(30).fill(answering(() => [...feed, ...again], pageSize)));
    for (let page = 0; page < (feed.length + again.length) / pageSize; page += 1) await project.sync(onePage);
    expect(await keysOf(project, 'customers.deleted')).toEqual(['2']);
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });
  },
);

test.each(['sqlite', 'postgres'] as const)(
  'on %s, a tombstone of an earlier page buries an older record of a later one, where the newest comes first',
  async (target) => {
    await using subject = await aChangingProject(many(20), {}, { target });
    const { project } = subject;
    await project.sync();
    const gone = { deleted: true };
    const feed = [customer(2, 12), customer(3, 11, gone), customer(1, 10, gone), customer(3, 9), customer(1, 8)];
    project.party.rescript(...Array(30).fill(answering(() => feed, 1)));
    for (const _page of feed) await project.sync(onePage);
    expect((await keysOf(project, 'customers.deleted')).toSorted()).toEqual(['1', '3']);
    expect(await keysOf(project, 'customers.updated')).toEqual(['2']);
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });
  },
);

test('where the pages are not in the order of their times, a record stays until a pass brings the tombstone alone', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.sync();
  const feed = [customer(3, 9), customer(2, 7), customer(2, 8, { deleted: true })];
  project.party.rescript(...Array(30).fill(answering(() => feed, 1)));
  await project.sync();
  expect(live(project)).toContain('2 2@7');
  project.party.rescript(...Array(30).fill(answering(() => feed.slice(2), 1)));
  await project.sync();
  expect(await keysOf(project, 'customers.deleted')).toEqual(['2']);
});

test.each(['sqlite', 'postgres'] as const)(
  'on %s, a later page of a log buries what an earlier one brought, whatever their times say',
  async (target) => {
    const pagination = { type: 'cursor', next: 'next', param: 'since' };
    const bookmark = { path: 'last', param: 'since', log: true };
    await using subject = await aChangingProject([], { pagination, bookmark }, { target });
    const { project } = subject;
    const log = [...many(20), customer(2, 9), customer(2, 8, { deleted: true }), customer(3, 9)];
    const entries = ({ url }: Arrival): Scripted => {
      const from = Number(url.searchParams.get('since') ?? 0);
      const upTo = from === 0 ? 20 : Math.min(from + 1, log.length);
      return { body: { data: log.slice(from, upTo), last: upTo, next: from > 0 && upTo < log.length ? upTo : null } };
    };
    project.party.rescript(...Array(30).fill(entries));
    for (let run = 0; run < 4; run += 1) await project.sync(onePage);
    expect(await keysOf(project, 'customers.updated')).toEqual(['2', '3']);
    expect(await keysOf(project, 'customers.deleted')).toEqual(['2']);
  },
);

test('more tombstones than the guard allows bury nothing: a full pass judges them, and holds', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.sync();
  subject.records = many(20).map((one, index) => (index < 10 ? { ...one, updated_at: at(9), deleted: true } : one));

  const judged = await project.sync();
  expect(judged.exitCode).toBe(3);
  expect(judged.json().warnings.join()).toMatch(/10 of 20 rows would be deleted.*the next pass judges again/);
  expect((await project.sync()).exitCode).toBe(3);
  expect(live(project)).toHaveLength(20);
  expect(project.events('customers.deleted')).toEqual([]);
  expect((await project.sync(['run', '--json', '--allow-mass-delete=10'])).json()).toMatchObject({
    counts: { deleted: 10 },
  });
  expect(sinces(project).slice(0, 3)).toEqual([null, '2026-03-01T09:59:00Z', null]);
  expect(live(project)).toHaveLength(10);
});

test('a record that a pass of changes brings was not missing in consecutive passes', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.reconfigure((base) => ({ ...changing(base, paged), guard: { confirm: 2 } }));
  await project.sync();
  const missed = () => project.query('SELECT sum(missed) AS missed FROM _sync_records')[0]?.missed;
  subject.records = many(19);
  await project.sync(['run', '--json', '--full']);
  expect(missed()).toBe(1);
  subject.records = [...many(19), customer(20, 8)];
  expect((await project.sync()).json()).toMatchObject({ counts: { updated: 1, deleted: 0 } });
  expect(sinces(project).at(-1)).not.toBeNull();
  expect(missed()).toBe(0);
  expect(live(project)).toHaveLength(20);
});

test('every `fullEvery` a pass reads everything, and finds what no change reported', async () => {
  await using subject = await aChangingProject(many(20), { fullEvery: '300ms' });
  const { project } = subject;
  await project.sync();
  subject.records = many(19);
  await eventually(async () => {
    await project.sync();
    return live(project).length === 19;
  });
  expect(sinces(project).at(-1)).toBeNull();
});

test.each([
  ['410', { status: 410 }, {}],
  ['a status that the config names', { status: 400 }, { expired: { status: [400] } }],
  ['what the config looks for', { body: { data: [], error: 'EXPIRED' } }, { expired: { when: "error == 'EXPIRED'" } }],
])('a bookmark that is too old by %s starts a full pass', async (_title, refusal: Scripted, more) => {
  const bookmark = { field: 'updated_at', param: 'since', overlap: '1m', ...more };
  await using subject = await aChangingProject(many(20), { bookmark });
  const { project } = subject;
  await project.sync();
  subject.records = many(19);
  const everything = answering(() => subject.records);
  const refuse = (arrival: Arrival) => (arrival.url.searchParams.has('since') ? refusal : everything(arrival));
  project.party.rescript(...Array(20).fill(refuse));
  expect((await project.sync()).exitCode).toBe(76);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 1 } });
  expect(sinces(project)).toEqual([null, '2026-03-01T09:59:00Z', null]);
});

test('--full and a dry run ask for everything', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.sync();
  await project.sync(['run', '--json', '--dry-run']);
  await project.sync(['run', '--json', '--full']);
  expect(sinces(project)).toEqual([null, null, null]);
});

test.each(['committed', 'before-sweep', 'remove-written', 'swept'])(
  'killed at %s in a pass of changes, the next run goes on, and each change has one event',
  async (point) => {
    await using subject = await aChangingProject(many(20), {}, { ttl: '2s' });
    const { project } = subject;
    await project.sync();
    subject.records = [customer(1, 3), customer(2, 4, { deleted: true }), ...many(20).slice(2)];
    await project.sync(undefined, { env: { SYNC_CRASH_AT: point } });
    await eventually(async () => (await project.sync()).exitCode === 0);
    expect(project.events('customers.updated').map(({ subject: key }) => key)).toEqual(['1']);
    expect(project.events('customers.deleted').map(({ subject: key }) => key)).toEqual(['2']);
    expect(live(project).toSorted()).toEqual(there(subject.records));
  },
);

test.each([
  ['stopped', '1m', ['run', '--json', '--max-pages', '1'], {}],
  ['killed', '1m', undefined, { SYNC_CRASH_AT: 'committed' }],
  ['killed', '0s', undefined, { SYNC_CRASH_AT: 'committed' }],
] as const)(
  'a run is %s between two pages whose records changed at the same time (overlap %s): none is lost, and none is written twice',
  async (_title, overlap, args, env) => {
    const bookmark = { field: 'updated_at', param: 'since', overlap };
    await using subject = await aChangingProject(
      [customer(20, 5), ...many(19)],
      { bookmark },
      { pageSize: 4, ttl: '2s' },
    );
    const { project } = subject;
    await project.sync();
    const ids = [1, 2, 3, 4, 5, 6];
    const atOnce = ids.map((id) => customer(id, 9));
    const untouched = many(19).slice(ids.length);
    subject.records = [customer(20, 5), ...atOnce, ...untouched];
    await project.sync(args, { env });
    expect(project.events('customers.updated')).toHaveLength(3);

    // One more of that very time, on the page to come; and one that the next pass finds, since it asks from then on.
    subject.records = [customer(20, 5), ...atOnce, customer(21, 9), ...untouched];
    await eventually(async () => (await project.sync()).exitCode === 0);
    subject.records = [customer(20, 5), ...atOnce, customer(21, 9), customer(22, 9), ...untouched];
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 1, updated: 0, deleted: 0 } });
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });

    expect(project.events('customers.updated').map(({ subject: key }) => Number(key))).toEqual(ids);
    expect(
      project
        .events('customers.created')
        .map(({ subject: key }) => key)
        .slice(20),
    ).toEqual(['21', '22']);
    expect(live(project).toSorted()).toEqual(there(subject.records));
    expect(sinces(project).at(-1)).toBe(at(overlap === '0s' ? 9 : 8));
  },
);

test('a list of ids beside the records, a header as bookmark, and a token of the API', async () => {
  const path = { pagination: { type: 'none' }, records: 'data' };
  const bookmarks = [
    { header: 'Date', param: 'since', overlap: '1m', format: 'seconds' },
    { path: 'token', param: 'after' },
  ];
  for (const bookmark of bookmarks) {
    await using project = await aProject({
      redis,
      config: (base) => changing(base, { ...path, bookmark, tombstones: { path: 'removed' } }),
    });
    const answer = (token: string, data: readonly Remote[], removed: readonly unknown[] = []): Scripted => ({
      headers: { date: 'Sun, 01 Mar 2026 10:00:00 GMT' },
      body: { data, token, removed },
    });
    project.party.script(answer('t1', many(20)), answer('t2', [], [3, { id: '4' }]), answer('t3', []));
    await project.sync();
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 2 } });
    await project.sync();
    const asked = project.party.arrivals.map(({ url }) => url.search);
    expect(asked).toEqual(
      'path' in bookmark ? ['', '?after=t1', '?after=t2'] : ['', '?since=1772359140', '?since=1772359140'],
    );
    expect(live(project)).toHaveLength(18);
  }
});

test('what the guard held of the tombstones is permitted at once', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.sync();
  subject.records = many(20).map((one, index) => (index < 10 ? { ...one, updated_at: at(9), deleted: true } : one));
  expect((await project.sync()).exitCode).toBe(3);
  expect((await project.sync(['status'])).stdout).toContain('10 of 20 rows would be deleted');
  const permitted = (await project.sync(['run', '--json', '--allow-mass-delete=10'])).json();
  expect(permitted).toMatchObject({ exitCode: 0, counts: { deleted: 10 }, warnings: [] });
  expect(live(project)).toHaveLength(10);
});

test('so it is where an adapter knows nothing but changes', async () => {
  await using project = await aProject({ redis });
  await project.write('feed.mjs', feedModule);
  await project.write('gone.json', []);
  await project.reconfigure((base) => ({
    ...base,
    adapters: { acme: { type: './feed.mjs', resources: { customers: { mode: 'changes' } } } },
  }));
  await project.sync();
  await project.write('gone.json', [1, 2, 3, 4, 5, 6, 7, 8, 9].map(String));
  expect((await project.sync()).exitCode).toBe(3);
  expect((await project.sync()).exitCode).toBe(3);
  const permitted = (await project.sync(['run', '--json', '--allow-mass-delete=9'])).json();
  expect(permitted).toMatchObject({ exitCode: 0, counts: { deleted: 9 } });
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 0 } });
});

/** Twenty customers on its first page, and from then on whatever is gone. */
const feedModule = `
  import { readFileSync } from 'node:fs';
  const all = Array.from({ length: 20 }, (_, at) => ({ id: String(at + 1), email: 'e' }));
  export default {
    create: () => ({
      modes: () => ['changes'],
      isStable: () => true,
      async fetchPage({ bookmark }) {
        const deleted = JSON.parse(readFileSync(new URL('gone.json', import.meta.url), 'utf8'));
        return { mode: 'changes', records: bookmark === null ? all : [], deleted, next: null, bookmark: 'b' };
      },
    }),
  };`;

test.each<[string, (subject: Changing) => void]>([
  [
    'too many of it was rejected',
    (subject) => {
      subject.records = [
        ...many(10),
        ...many(20)
          .slice(10)
          .map((one) => ({ ...one, email: [1] as never })),
      ];
    },
  ],
  [
    'the third party has more than it brought',
    ({ project }) => {
      project.party.rescript(
        { body: { data: many(12), next: null, total: 20 } },
        ...Array(20).fill(answering(() => many(20))),
      );
    },
  ],
])('a full pass is done again where %s', async (_title, break_) => {
  await using subject = await aChangingProject(many(20), { total: 'total', tombstones: { path: 'removed' } });
  const { project } = subject;
  break_(subject);
  await project.sync();
  expect(live(project).length).toBeLessThan(20);
  subject.records = many(20);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0 });
  expect(sinces(project)).toEqual([null, null]);
  expect(live(project)).toHaveLength(20);
  await project.sync();
  expect(sinces(project).at(-1)).not.toBeNull();
});

test('what moved across the pages of a pass of changes is asked for again', async () => {
  const pagination = { type: 'offset', limit: 3 };
  await using project = await aProject({
    redis,
    config: (base) => changing(base, { records: 'data', pagination, bookmark: { header: 'Date', param: 'since' } }),
  });
  let feed: readonly Remote[] = many(20);
  const paged = ({ url }: Arrival): Scripted => {
    const offset = Number(url.searchParams.get('offset'));
    return { body: { data: feed.slice(offset, offset + Number(url.searchParams.get('limit'))) } };
  };
  project.party.script(...Array(60).fill(paged));
  await project.sync();
  feed = [1, 2, 3, 4, 5, 6, 7].map((id) => customer(id, 20 + id));
  await project.sync(['run', '--json', '--max-pages', '1']);
  feed = [...feed.slice(2), customer(1, 30), customer(2, 31)];
  const moved = (await project.sync()).json();
  expect(moved.warnings.join()).toContain('asks for the same changes again');
  const asked = sinces(project).at(-1);
  await project.sync();
  expect(sinces(project).at(-1)).toBe(asked);
  expect(live(project)).toEqual(expect.arrayContaining(feed.map(({ id, email }) => `${id} ${email}`)));
});

test('a feed in the order of its changes is not read again from its first page on', async () => {
  await using subject = await aChangingProject(many(6), {}, { pageSize: 1 });
  const { project } = subject;
  await project.sync();
  subject.records = [1, 2, 3, 4, 5, 6].map((id) => customer(id, 8 * id));
  expect((await project.sync()).json()).toMatchObject({ pages: 6, counts: { updated: 6 } });
  expect((await project.sync()).json()).toMatchObject({ pages: 1, counts: { updated: 0 } });
});

test('few changes may be rejected: what the rows hold stays, and the run says so', async () => {
  await using subject = await aChangingProject(many(40));
  const { project } = subject;
  await project.sync();
  subject.records = [...many(39), customer(40, 5, { email: [1] as never })];
  const summary = (await project.sync()).json();
  expect(summary).toMatchObject({ exitCode: 0, rejected: 1 });
  expect(summary.warnings.join()).toContain('1 of the changed records of customers were rejected');
  subject.records = [...many(37), ...[38, 39, 40].map((id) => customer(id, 6, { email: [1] as never }))];
  expect((await project.sync()).exitCode).toBe(65);
  expect(sinces(project)).toEqual([null, '2026-03-01T09:59:00Z', '2026-03-01T10:04:00Z']);
  await project.sync();
  expect(sinces(project).at(-1)).toBe('2026-03-01T10:04:00Z');
});

test('another account is another third party, though nothing but its credentials differ', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.sync();
  subject.records = many(20, 1).map((one) => ({ ...one, email: `other ${one.id}` }));
  await project.reconfigure((base) => {
    const { acme } = (changing(base, paged) as BaseConfig).adapters;
    const other = { ...acme, auth: { type: 'bearer', token: 'another account' } };
    return { ...base, adapter: 'other', adapters: { acme, other } };
  });
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { updated: 20 } });
  expect(sinces(project)).toEqual([null, null]);
});

test('what is gone comes on pages of its own, a hit each, and through the guard', async () => {
  const from = { path: '/gone', records: 'ids', pagination: { type: 'cursor', next: 'next', param: 'after' } };
  await using subject = await aChangingProject(many(20), { tombstones: { from, map: { id: '@' } } });
  const { project } = subject;
  const gone = ({ url }: Arrival): Scripted =>
    url.searchParams.has('after') ? { body: { ids: ['3', '4'] } } : { body: { ids: ['2'], next: 'n' } };
  const changes = answering(() => subject.records);
  const answer = (arrival: Arrival) => (arrival.url.pathname === '/gone' ? gone(arrival) : changes(arrival));
  project.party.rescript(...Array(20).fill(answer));
  expect((await project.sync()).json()).toMatchObject({ pages: 1, counts: { created: 20 } });
  subject.records = [customer(1, 5), customer(3, 6)];
  await project.sync(['run', '--json', '--max-pages', '2']);
  expect(live(project)).toHaveLength(20);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, pages: 1, counts: { deleted: 2 } });
  const asked = project.party.arrivals.map(({ url }) => `${url.pathname}${url.search}`);
  const since = 'since=2026-03-01T09%3A59%3A00Z';
  expect(asked).toEqual(['/customers', `/customers?${since}`, `/gone?${since}`, `/gone?${since}&after=n`]);
  expect(project.events('customers.deleted').map(({ subject: key }) => key)).toEqual(['2', '4']);
});

test('where the pages of what is gone call the bookmark too old, everything is read again', async () => {
  const from = { path: '/gone', records: 'ids' };
  await using subject = await aChangingProject(many(20), { tombstones: { from } });
  const { project } = subject;
  const changes = answering(() => subject.records);
  const answer = (arrival: Arrival) =>
    arrival.url.pathname === '/gone' ? { status: 410, body: {} } : changes(arrival);
  project.party.rescript(...Array(20).fill(answer));
  await project.sync();
  subject.records = many(19);
  expect((await project.sync()).exitCode).toBe(76);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 1 } });
  expect(sinces(project).at(-1)).toBeNull();
});

test('what was saved in a pass of changes is not taken for everything', async () => {
  await using subject = await aChangingProject(many(20));
  const { project } = subject;
  await project.sync();
  subject.records = [...many(19), customer(20, 5)];
  await project.sync(['run', '--json', '--save', 'changes.http']);
  for (const args of [
    ['run', '--full'],
    ['run', '--dry-run'],
  ]) {
    const { exitCode, stderr } = await project.sync([...args, '--from', 'changes.http']);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('the saved answer holds only what had changed');
  }
  expect(live(project)).toHaveLength(20);
  await project.sync();
  expect((await project.sync(['run', '--json', '--from', 'changes.http'])).json()).toMatchObject({
    exitCode: 0,
    records: 20,
  });
});
