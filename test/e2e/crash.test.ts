import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crashPointsOf, type TargetType, targets } from '../helpers/crash-points.ts';
import { mapped } from '../helpers/in-step.ts';
import { redis } from '../helpers/suite-redis.ts';
import type { Project, RemoteCustomer } from '../helpers/sync.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep } from '../helpers/sync.ts';
import type { Arrival, Scripted } from '../helpers/third-party.ts';

const points = targets.flatMap((target) => crashPointsOf(target).map((point) => [target, point] as const));

/** A run passes these once; the others it passes at least twice. */
const once = /^(lock-acquired|after-(lock|claim)|before-(sweep|release)|swept|remove-\w+)$/;

interface Subject {
  readonly target: TargetType;
  readonly records: readonly object[];
  readonly pageSize: number;
  /** Changes the resource of the adapter. */
  readonly resource?: object;
}

function aProjectToKill({ target, records, pageSize, resource = {} }: Subject): Promise<Project> {
  return aProject({
    ...{ redis, target, records, pageSize, dialect: 'cursor', ttl: '3s', throttle: { per: '20ms' } },
    timings: { slotReserveMs: 1500, targetBusyMs: 5000 },
    config: (config: BaseConfig) => {
      const { acme } = config.adapters;
      const customers = { ...acme.resources.customers, ...resource };
      return {
        ...config,
        resources: { customers: { ...config.resources.customers, rejects: '50%' } },
        adapters: { acme: { ...acme, timeout: '2500ms', resources: { customers } } },
        guard: { maxDeletes: '100%', confirm: 1 },
        listeners: { audit: { on: ['*'], from: 'beginning', type: 'log' } },
      };
    },
  });
}

/** What the third party has in its n-th version: others are gone, new, changed, back again, and no good. */
function version(n: number): object[] {
  const kept = customers(16 + 2 * n).filter((_, at) => at % 5 !== n % 5);
  const changed = kept.map((customer, at) =>
    at % 3 === n % 3 ? aCustomer(Number(customer.id), { status: `v${n}` }) : customer,
  );
  return [...changed, { ...aCustomer(100 + n), status: { no: 'text' } }];
}

function good(records: readonly object[]) {
  return (records as readonly RemoteCustomer[]).filter(({ status }) => typeof status === 'string').map(mapped);
}

/** Runs into the crash, frees the lock as its TTL would, and lets a clean run go on. How the killed run ended. */
async function killAndRecover(project: Project, at: string, rows = good(project.records)) {
  const killed = await project.sync(['run'], { env: { SYNC_CRASH_AT: at } });
  await redis.client.del(project.lockKey);
  const clean = await project.sync();
  expect(clean.json()).toMatchObject({ outcome: 'done', exitCode: 0, errors: [] });
  await expectInStep(project, { rows });
  return killed.signal;
}

test.each(targets)('there are crash points to visit on %s', (target) => {
  expect(crashPointsOf(target).length).toBeGreaterThan(15);
});

describe.each(points)('on %s, killed at %s', { concurrent: true }, (target, point) => {
  test.concurrent('a first load, large and small pages, is made whole by the next run', async () => {
    await using project = await aProjectToKill({ target, records: customers(260), pageSize: 250 });
    const signal = await killAndRecover(project, point);
    // A first load deletes nothing.
    expect(signal).toBe(point.startsWith('remove-') ? null : 'SIGKILL');
  });

  test.concurrent('a run that creates, updates, deletes and rejects is made whole by the next run', async () => {
    await using project = await aProjectToKill({ target, records: customers(12), pageSize: 4 });
    await project.sync();
    project.serve(version(1));
    expect(await killAndRecover(project, `${point}:1`)).toBe('SIGKILL');
    project.serve(version(2));
    expect(await killAndRecover(project, `${point}:2`)).toBe(once.test(point) ? null : 'SIGKILL');
  });

  test.concurrent('a pass of changes with tombstones is made whole by the next run', async () => {
    const records = changing(0);
    const bookmark = { field: 'updated_at', param: 'since', overlap: '1m' };
    const resource = { mode: 'changes', bookmark, tombstones: { field: 'deleted' }, records: 'data' };
    await using project = await aProjectToKill({ target, records, pageSize: 4, resource });
    project.party.script(...Array(30).fill(answerSince(project)));
    await project.sync();
    project.serve(changing(1));
    expect(await killAndRecover(project, point, livingOf(project))).toBe('SIGKILL');
  });
});

describe.each(targets)('on %s, killed at each of its transactions', { concurrent: true }, (target) => {
  test.concurrent('a first run is made whole by the next one', async () => {
    let nth = 0;
    for (let signal: string | null = 'SIGKILL'; signal !== null; ) {
      nth += 1;
      await using project = await aProjectToKill({ target, records: customers(6), pageSize: 6 });
      signal = await killAndRecover(project, `before-commit:${nth}`);
    }
    expect(nth).toBeGreaterThan(8);
  });
});

test.each(targets)('docs/reliability.md names every crash point on %s, and no other', (target) => {
  const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');
  const column = targets.indexOf(target) + 1;
  const rows = [...page.matchAll(/^\| `([\w-]+)` \|(.*)\|$/gm)];
  const named = rows.filter(([, , cells = '']) => cells.split('|')[column]?.trim() === '0 / 0 / 0');
  expect(named.map(([, name]) => name).toSorted()).toEqual(crashPointsOf(target));
});

type Changing = RemoteCustomer & { readonly updated_at: string; readonly deleted: boolean };

/** At first all are there; then some have changed, some are tombstones, and some are new. */
function changing(n: 0 | 1): Changing[] {
  return customers(12 + 4 * n).map((customer, at) => {
    const isOther = n === 1 && (at % 3 === 0 || at >= 12);
    const updated_at = `2026-03-01T10:${isOther ? '30' : '00'}:00Z`;
    return {
      ...customer,
      ...(isOther && { status: 'newer' }),
      updated_at,
      deleted: isOther && at % 2 === 1 && at < 12,
    };
  });
}

function livingOf({ records }: Project) {
  return (records as readonly Changing[]).filter(({ deleted }) => !deleted).map(mapped);
}

/** Asked with `?since=`, in pages of four; without it, for all that are there. */
function answerSince(project: Project) {
  return ({ url }: Arrival): Scripted => {
    const since = url.searchParams.get('since');
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const served = (project.records as readonly Changing[]).filter(({ updated_at, deleted }) =>
      since === null ? !deleted : updated_at >= since,
    );
    return { body: { data: served.slice(from, from + 4), meta: { next: from + 4 < served.length ? from + 4 : null } } };
  };
}
