import { expect, test } from 'vitest';
import { PagePhases } from '../../../src/pass/page/page-phases.ts';
import { Timeline } from '../../../src/run/timeline.ts';

const sending = { signal: new AbortController().signal, mayStillSend: () => true };

function aPage(onHit = () => {}) {
  const timeline = new Timeline();
  const phases = new PagePhases(timeline, 'people');
  const http = phases.observed({ ...sending, onHit });
  const request = (status: number | null) => {
    http.onSlot?.(0);
    http.onHit();
    http.onAnswer?.(status);
  };
  const noted = () => timeline.phases.map(({ phase, count }) => [phase, count]);
  return { timeline, phases, http, request, noted };
}

test('a page is a slot, a request, and all of its batches as one phase of each kind', async () => {
  let hits = 0;
  const { timeline, phases, request, noted } = aPage(() => (hits += 1));
  await phases.fetch(async () => request(200));
  for (const count of [3, 4]) {
    phases.add('map', performance.now(), count);
    phases.add('commit', performance.now(), 1);
  }
  phases.end();
  expect(noted()).toEqual([
    ['slot', 1],
    ['fetch', 1],
    ['map', 7],
    ['commit', 2],
  ]);
  expect(hits).toBe(1);
  expect(timeline.statuses).toEqual({ 200: 1 });
});

test('a page with an access token is two slots, each with its request', async () => {
  const { phases, request, noted } = aPage();
  await phases.fetch(async () => {
    request(200);
    request(200);
  });
  expect(noted()).toEqual([
    ['slot', 1],
    ['fetch', 1],
    ['slot', 1],
    ['fetch', 1],
  ]);
});

test('a request that fails was made, and one that never left was not', async () => {
  const failed = aPage();
  const failing = failed.phases.fetch(async () => {
    failed.request(null);
    throw new Error('reset');
  });
  await expect(failing).rejects.toThrow('reset');
  expect(failed.noted()).toEqual([
    ['slot', 1],
    ['fetch', 1],
  ]);
  expect(failed.timeline.statuses).toEqual({ none: 1 });

  const throttled = aPage();
  const waiting = throttled.phases.fetch(async () => {
    throttled.http.onSlot?.(0);
    throw new Error('no slot');
  });
  await expect(waiting).rejects.toThrow('no slot');
  expect(throttled.noted()).toEqual([['slot', 1]]);
});
