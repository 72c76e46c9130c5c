import { describe, expect, test } from 'vitest';
import { Timeline } from '../../src/run/timeline.ts';

describe('what a run spends its time on', () => {
  test('is in the order in which it began, with what it dealt with', async () => {
    const timeline = new Timeline();
    const from = performance.now();
    await timeline.time(
      'commit',
      'people',
      async () => [1, 2],
      (done) => done.length,
    );
    timeline.note({ phase: 'lock', resource: null, from: from - 50, tookMs: 40.4, count: 1 });
    expect(timeline.phases).toEqual([
      { phase: 'lock', resource: null, atMs: 0, tookMs: 40, count: 1 },
      { phase: 'commit', resource: 'people', atMs: expect.any(Number), tookMs: expect.any(Number), count: 2 },
    ]);
  });

  test('includes what fails', async () => {
    const timeline = new Timeline();
    const failing = timeline.time(
      'delete',
      'people',
      () => Promise.reject(new Error('away')),
      () => 5,
    );
    await expect(failing).rejects.toThrow('away');
    expect(timeline.phases).toMatchObject([{ phase: 'delete', resource: 'people', count: 0 }]);
  });

  test('is added to the last of its kind once it is long, and nothing is lost', () => {
    const timeline = new Timeline();
    const from = performance.now();
    for (let page = 0; page < 1000; page += 1) {
      const resource = page % 2 === 0 ? 'people' : 'cities';
      timeline.note({ phase: 'slot', resource, from, tookMs: 2, count: 1 });
      timeline.note({ phase: 'fetch', resource, from, tookMs: 1, count: 1 });
    }
    timeline.note({ phase: 'relay', resource: null, from, tookMs: 3, count: 7 });
    expect(timeline.phases).toHaveLength(201);
    expect(timeline.phases.at(-1)).toMatchObject({ phase: 'relay', count: 7 });
    const people = timeline.phases.filter(({ phase, resource }) => phase === 'slot' && resource === 'people');
    expect(people.reduce((sum, { count }) => sum + count, 0)).toBe(500);
    expect(timeline.slotWaitMs).toBe(2000);
  });

  test('counts the answers by their status', () => {
    const timeline = new Timeline();
    for (const status of [200, 503, null, 200]) timeline.answered(status);
    expect(timeline.statuses).toEqual({ 200: 2, 503: 1, none: 1 });
  });
});
