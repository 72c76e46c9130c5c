import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FencedError } from '../../src/errors.ts';
import type { RunRow } from '../../src/run-row.ts';
import type { SyncEvent } from '../../src/sync-event.ts';
import type { Target } from '../../src/target.ts';
import { ada, batchOf, type TargetWorld, takeOver, write } from './target.ts';

const day = 24 * 60 * 60 * 1000;
const noon = Date.parse('2026-11-25T12:00:00.123Z');
const nothing = { created: 0, updated: 0, deleted: 0 };

function aRun(run: string, startedAt: number, changed: Partial<RunRow> = {}): RunRow {
  return {
    ...{ run, holder: 'host:1', adapter: 'acme', startedAt: new Date(startedAt), endedAt: new Date(startedAt + 5) },
    ...{ outcome: 'done', exitCode: 0, hits: 1, pages: 1, counts: nothing, rejected: 0, error: null },
    ...changed,
  };
}

const anEvent = (type: SyncEvent['type'], subject?: string): SyncEvent => ({
  ...{ type, source: '/test', time: new Date(noon), data: { exitCode: 69 } },
  ...(subject !== undefined && { subject }),
});

/** What a target keeps of runs and of people. */
export function bookContract(name: string, make: () => Promise<TargetWorld>): void {
  describe(`${name} as a memory`, () => {
    let world: TargetWorld;
    const opened: AsyncDisposable[] = [];
    const open = async (sync = 'crm'): Promise<Target> => {
      const target = await world.open(sync);
      opened.push(target);
      return target;
    };

    beforeEach(async () => {
      world = await make();
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    describe('of runs', () => {
      test('has a row without an end until the run ends', async () => {
        const target = await takeOver(await open());
        const started = aRun('r1', noon, { endedAt: null, outcome: null, exitCode: null });
        await target.startRun(started);
        expect(await target.runs({ limit: 9 })).toEqual([started]);
        expect(await target.runStats(new Date(0))).toEqual([{ outcome: null, count: 1 }]);
        const ended = aRun('r1', noon, { statuses: { 200: 1 }, slotWaitMs: 4, hint: null });
        await target.recordRun(ended);
        expect(await target.runs({ limit: 9 })).toEqual([ended]);
      });

      test('gives the newest first, and those that are asked for', async () => {
        const target = await takeOver(await open());
        await target.recordRun(aRun('late', noon + 2000, { outcome: 'failed', error: 'no answer' }));
        await target.recordRun(aRun('early', noon));
        await target.startRun(aRun('killed', noon + 1000, { endedAt: null, outcome: null }));
        const ids = async (query: Partial<Parameters<Target['runs']>[0]> = {}) =>
          (await target.runs({ limit: 9, ...query })).map(({ run }) => run);
        expect(await ids()).toEqual(['late', 'killed', 'early']);
        expect(await ids({ limit: 1 })).toEqual(['late']);
        expect(await ids({ since: new Date(noon + 1000) })).toEqual(['late', 'killed']);
        expect(await ids({ before: new Date(noon + 1000) })).toEqual(['early']);
        expect(await ids({ outcomes: ['failed', null] })).toEqual(['late', 'killed']);
        expect(await ids({ outcomes: [] })).toEqual([]);
        expect(await target.runStats(new Date(noon + 1000))).toEqual(
          expect.arrayContaining([
            { outcome: null, count: 1 },
            { outcome: 'failed', count: 1 },
          ]),
        );
      });

      test('is counted with the others that started in its span of time', async () => {
        const target = await takeOver(await open());
        const hour = 3_600_000;
        const start = Math.floor(noon / hour) * hour;
        await target.recordRun(aRun('a', start));
        await target.recordRun(aRun('b', start + hour - 1));
        await target.recordRun(aRun('c', start + 1, { outcome: 'failed' }));
        await target.startRun(aRun('d', start + 2 * hour, { endedAt: null, outcome: null }));
        const history = await target.runHistory(new Date(start), hour);
        expect(history).toHaveLength(3);
        expect(history).toEqual(
          expect.arrayContaining([
            { at: new Date(start), outcome: 'done', count: 2 },
            { at: new Date(start), outcome: 'failed', count: 1 },
            { at: new Date(start + 2 * hour), outcome: null, count: 1 },
          ]),
        );
        expect(await target.runHistory(new Date(start + hour), hour)).toHaveLength(1);
      });

      test('keeps seven days, and the last hundred in any case, of each sync', async () => {
        const target = await takeOver(await open());
        const other = await open('billing');
        await other.recordRun(aRun('theirs', noon - 9 * day));
        const ids = async () => (await target.runs({ limit: 999 })).map(({ run }) => run);
        await target.recordRun(aRun('old', noon - 7 * day - 1));
        await target.recordRun(aRun('kept', noon - 7 * day));
        expect(await ids()).toEqual(['kept', 'old']);
        for (let n = 1; n <= 100; n += 1) await target.startRun(aRun(`r${n}`, noon - n));
        await target.recordRun(aRun('new', noon));
        expect((await ids()).slice(-2)).toEqual(['r100', 'kept']);
        expect(await other.runs({ limit: 9 })).toHaveLength(1);
      });

      test('takes no row of a run that was fenced out', async () => {
        const old = await takeOver(await open());
        await takeOver(await open());
        await expect(old.startRun(aRun('r1', noon))).rejects.toThrow(FencedError);
        await expect(old.recordRun(aRun('r1', noon))).rejects.toThrow(FencedError);
      });
    });

    describe('of pauses', () => {
      const pause = { listener: null, until: null, reason: 'their "migration"', who: 'deploy', at: new Date(noon) };

      test('has one of the sync and one of each listener, the last that was set, without taking over', async () => {
        const target = await open();
        expect(await target.pauses()).toEqual([]);
        const until = new Date(Date.now() + day);
        await target.setPause({ ...pause, reason: null });
        await target.setPause(pause);
        await target.setPause({ ...pause, listener: 'notify', until });
        expect(await target.pauses()).toEqual([pause, { ...pause, listener: 'notify', until }]);
        expect(await (await open('billing')).pauses()).toEqual([]);
      });

      test('ends one when it is asked to, and says whether there was one', async () => {
        const target = await open();
        await target.setPause(pause);
        expect(await target.endPause('notify')).toBe(false);
        expect(await target.endPause(null)).toBe(true);
        expect(await target.endPause(null)).toBe(false);
        expect(await target.pauses()).toEqual([]);
      });

      test('leaves out what is over', async () => {
        const target = await open();
        await target.setPause({ ...pause, until: new Date(Date.now() - 1) });
        expect(await target.pauses()).toEqual([]);
      });
    });

    test('has one permit for each resource and kind until it is dropped or too old', async () => {
      const target = await takeOver(await open());
      const until = new Date(Date.now() + day);
      const permit = { resource: 'customers', what: 'deletes', pass: 7, digest: 'abc', count: 340 } as const;
      const first = { ...permit, who: 'ada', at: new Date(noon), until };
      await target.storePermit({ ...first, count: 1 });
      await target.storePermit(first);
      await target.storePermit({ ...first, what: 'updates', digest: 'def' });
      await target.storePermit({ ...first, resource: 'orders', until: new Date(Date.now() - 1) });
      expect(await target.permits()).toEqual([first, { ...first, what: 'updates', digest: 'def' }]);
      await target.dropPermit('customers', 'deletes');
      expect((await target.permits()).map(({ what }) => what)).toEqual(['updates']);
    });

    test('has what people did, newest first, in pages', async () => {
      const target = await open();
      const act = (what: string, why: string | null = null) => ({
        ...{ at: new Date(noon), who: 'ada\0\ud800', what, why, detail: { count: 2, keys: ['\0'] } },
      });
      for (const what of ['pause', 'replay', 'drop']) await target.recordActivity(act(what, `to ${what}`));
      const [last, second] = await target.activity({ limit: 2 });
      expect(last).toMatchObject({
        what: 'drop',
        why: 'to drop',
        at: new Date(noon),
        detail: { count: 2, keys: ['\0'] },
      });
      expect(last?.who).toMatch(/^ada/);
      expect(second?.what).toBe('replay');
      const older = await target.activity({ limit: 9, before: second?.id ?? 0 });
      expect(older.map(({ what }) => what)).toEqual(['pause']);
    });

    test('keeps the last preview of a swap', async () => {
      const target = await open();
      expect(await target.preview()).toBeNull();
      await target.savePreview('{"n":1}');
      await target.savePreview('{"n":2}');
      const stored = await target.preview();
      expect(stored?.preview).toBe('{"n":2}');
      expect(stored?.at.getTime()).toBeGreaterThan(noon);
    });

    describe('of announcements', () => {
      const texts = async (target: Target) =>
        (await target.outbox({ generation: 0, seq: 0 }, 99)).events.map((event) => JSON.parse(event));

      test('puts events about the sync between those of the records, without a gap', async () => {
        const target = await takeOver(await open());
        await write(target, [ada]);
        await target.announce(
          [anEvent('sync.run.failed'), anEvent('sync.guard.held', 'customers')],
          '{"failing":true}',
        );
        await write(target, [{ ...ada, key: '2', values: ['2', null, null, null, null, null] }]);
        const events = await texts(target);
        expect(events.map(({ type, sequence }) => [type, Number(sequence)])).toEqual([
          ['customers.created', 1],
          ['sync.run.failed', 2],
          ['sync.guard.held', 3],
          ['customers.created', 4],
        ]);
        const generation = (await target.fence())?.generation;
        expect(events[1]).toEqual({
          ...{ specversion: '1.0', id: `crm:${generation}-2`, source: '/test', type: 'sync.run.failed' },
          ...{ time: new Date(noon).toISOString(), datacontenttype: 'application/json' },
          ...{ sequence: '00000000000000000002', data: { exitCode: 69 } },
        });
        expect(events[2].subject).toBe('customers');
        expect(await target.news()).toBe('{"failing":true}');
      });

      test('may change the news alone', async () => {
        const target = await takeOver(await open());
        expect(await target.news()).toBeNull();
        await target.announce([], '{}');
        await target.announce([], '{"a":1}');
        expect(await target.news()).toBe('{"a":1}');
        expect(await texts(target)).toEqual([]);
        await write(target, [ada]);
      });

      test('are not for a run that was fenced out', async () => {
        const old = await takeOver(await open());
        await takeOver(await open());
        await expect(old.announce([anEvent('sync.run.failed')], '{}')).rejects.toThrow(FencedError);
        expect(await old.news()).toBeNull();
      });
    });

    test('keeps when a reject came first, and counts rejects by reason', async () => {
      const target = await takeOver(await open());
      const reject = (key: string, ...reasons: string[]) => ({ key, reasons, raw: { key } });
      await target.commit(
        batchOf([], { rejected: [reject('1', 'email is 5', 'no id'), reject('2', 'email is 5\0')] }),
        new AbortController().signal,
      );
      const before = await target.rejects({ limit: 9 });
      await target.commit(
        batchOf([], { rejected: [reject('1', 'email is 5')], pass: 2 }),
        new AbortController().signal,
      );
      const again = (await target.rejects({ limit: 9 })).find(({ key }) => key === '1');
      const first = before.find(({ key }) => key === '1');
      expect(again?.firstAt).toEqual(first?.at);
      expect(again?.at.getTime()).toBeGreaterThanOrEqual(first?.at.getTime() ?? 0);
      const reasons = await target.rejectReasons('customers');
      expect(reasons).toHaveLength(2);
      expect(reasons).toContainEqual({ reason: 'email is 5', count: 1, firstAt: first?.at, lastAt: again?.at });
      expect(await target.rejectReasons('orders')).toEqual([]);
    });

    test('makes its tables for the first thing that a person does', async () => {
      const target = await open();
      await target.setPause({ listener: null, until: null, reason: null, who: 'ada', at: new Date(noon) });
      const [row] = await world.rows('SELECT version FROM _sync_schema');
      expect(Number(row?.version)).toBe(6);
      await expect(takeOver(target)).resolves.toBeDefined();
      expect(await target.pauses()).toHaveLength(1);
    });
  });
}
