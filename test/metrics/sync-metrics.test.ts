import { expect, test } from 'vitest';
import { exposition } from '../../src/metrics/exposition.ts';
import { syncMetrics } from '../../src/metrics/sync-metrics.ts';
import { judge } from '../../src/verdict/judge.ts';
import { aGroup, aResource, aRun, away, now, past, type Situation, someFacts } from '../verdict/some-facts.ts';

function measured(situation: Situation = {}, guardUsed: Readonly<Record<string, number>> = {}) {
  const facts = someFacts(situation);
  return syncMetrics({ facts, verdict: judge(facts), version: '1.2.3', guardUsed });
}

/** The lines without help and type. */
function linesOf(situation: Situation = {}, guardUsed: Readonly<Record<string, number>> = {}): string[] {
  const lines = exposition(measured(situation, guardUsed), {}).split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

test('a sync in step has the times, numbers and totals of its passes and runs', () => {
  const totals = { runs: { done: 57, failed: 2 }, hits: { 200: 57, 503: 2 } };
  const held = { pass: 7, count: 340, live: 540, because: 'too many', at: 0 };
  const checkpoint = { totals: { created: 540, updated: 4, deleted: 3 }, held };
  const lines = linesOf(
    {
      database: {
        resources: [aResource({ rejects: 2, checkpoint })],
        runs: [aRun(41_000, { totals }), aRun(101_000, { outcome: 'failed', exitCode: 69 }), aRun(161_000)],
        dead: [{ listener: 'notify', count: 2, since: now, reason: 'attempts', error: '503' }],
        fence: { fence: 1, holder: 'web-1:1', generation: 1, nextSeq: 14 },
      },
      redis: { groups: [aGroup({ oldest: new Date(past(240_000)) })] },
    },
    { cities: 0.25 },
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      'cronsync_build_info{version="1.2.3",adapter="atlas"} 1',
      'cronsync_verdict{verdict="held"} 1',
      'cronsync_verdict{verdict="in-step"} 0',
      'cronsync_problem{id="deletions-held"} 1',
      'cronsync_problem{id="dead-letters"} 1',
      'cronsync_problem{id="lock-held"} 0',
      'cronsync_store_up{store="database"} 1',
      `cronsync_last_complete_pass_timestamp_seconds{resource="cities"} ${past(40_000) / 1000}`,
      'cronsync_pass_pages{resource="cities"} 1',
      'cronsync_live_rows{resource="cities"} 540',
      'cronsync_rejects{resource="cities"} 2',
      'cronsync_held_deletions{resource="cities"} 340',
      'cronsync_held_updates{resource="cities"} 0',
      'cronsync_guard_used_ratio{resource="cities"} 0.25',
      'cronsync_changes_total{resource="cities",type="created"} 540',
      `cronsync_last_run_timestamp_seconds{outcome="done"} ${past(40_000) / 1000}`,
      `cronsync_last_run_timestamp_seconds{outcome="failed"} ${past(100_000) / 1000}`,
      'cronsync_run_duration_seconds 1',
      'cronsync_runs_total{outcome="failed"} 2',
      'cronsync_hits_total{status="503"} 2',
      'cronsync_paused 0',
      'cronsync_outbox_waiting 3',
      'cronsync_group_lag{group="notify"} 0',
      'cronsync_oldest_pending_seconds{group="notify"} 240',
      'cronsync_dead_letters{listener="notify"} 2',
    ]),
  );
});

test('a pause is 1 for the sync, and for each listener that is paused', () => {
  const pause = { until: null, reason: null, who: 'ops', at: now };
  const pauses = [
    { ...pause, listener: null },
    { ...pause, listener: 'notify' },
  ];
  expect(linesOf({ database: { pauses } }).filter((line) => line.startsWith('cronsync_paused'))).toEqual([
    'cronsync_paused 1',
    'cronsync_paused{listener="notify"} 1',
  ]);
});

test('what a store that is away would know is left out, and everything else is there', () => {
  const withoutRedis = linesOf({ asked: { redis: away('Redis') } });
  expect(withoutRedis).toContain('cronsync_store_up{store="redis"} 0');
  expect(withoutRedis).toContain('cronsync_live_rows{resource="cities"} 540');
  expect(withoutRedis.filter((line) => /outbox_waiting|group_|pending/.test(line))).toEqual([]);

  const withoutBoth = linesOf({ asked: { redis: away('Redis'), database: away('the target') } });
  expect(
    withoutBoth.map((line) => line.replace(/[{ ].*/, '')).filter((name, at, all) => all.indexOf(name) === at),
  ).toEqual(['cronsync_build_info', 'cronsync_verdict', 'cronsync_problems', 'cronsync_problem', 'cronsync_store_up']);
});

test('the metrics are the same whatever the stores say, so that they can be registered before', () => {
  const names = (situation: Situation) => measured(situation).map(({ name }) => name);
  expect(names({ asked: { redis: away('Redis'), database: away('the target') } })).toEqual(names({}));
});
