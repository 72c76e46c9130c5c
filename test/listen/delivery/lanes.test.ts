import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Isolation } from '../../../src/listen/delivery/isolation.ts';
import { Lanes } from '../../../src/listen/delivery/lanes.ts';

describe('lanes', () => {
  test('start one of each lane at a time, in order', () => {
    const lanes = new Lanes<string>();
    for (const task of ['a1', 'a2', 'b1', 'a3']) lanes.add(task.charAt(0), task);
    expect(lanes.next()).toEqual({ lane: 'a', task: 'a1' });
    expect(lanes.next()).toEqual({ lane: 'b', task: 'b1' });
    expect(lanes.next()).toBeUndefined();
    lanes.finish('a');
    expect(lanes.next()).toEqual({ lane: 'a', task: 'a2' });
    expect([lanes.held, lanes.waiting]).toEqual([3, 1]);
  });

  test('a parked lane stands still with all that follows, and goes on with its head', () => {
    const lanes = new Lanes<string>();
    for (const task of ['a1', 'a2']) lanes.add('a', task);
    lanes.next();
    lanes.park('a');
    lanes.add('a', 'a3');
    expect([lanes.next(), lanes.waiting, lanes.held]).toEqual([undefined, 0, 3]);
    expect([...lanes.parked()]).toEqual([{ lane: 'a', task: 'a1' }]);
    lanes.resume('a');
    expect(lanes.waiting).toBe(3);
    expect(lanes.next()?.task).toBe('a1');
  });

  test('a lane can be started out of turn, and is not started twice', () => {
    const lanes = new Lanes<string>();
    lanes.add('a', 'a1');
    expect(lanes.start('a')).toBe('a1');
    lanes.park('a');
    expect(lanes.next()).toBeUndefined();
    expect(lanes.start('a')).toBe('a1');
    expect(lanes.start('a')).toBeUndefined();
  });

  test('those that have stood longest come first', () => {
    const lanes = new Lanes<string>();
    for (const name of ['a', 'b']) lanes.add(name, name);
    for (const name of ['a', 'b']) lanes.start(name);
    lanes.park('b');
    lanes.park('a');
    expect([...lanes.parked()].map(({ lane }) => lane)).toEqual(['b', 'a']);
  });

  test('whatever happens, each lane is in order, nothing is lost, and the counts are right', () => {
    const step = fc.record({
      do: fc.constantFrom('add', 'next', 'finish', 'park', 'resume', 'start'),
      lane: fc.constantFrom('a', 'b', 'c'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const lanes = new Lanes<number>();
        const model = new Map<string, { tasks: number[]; state: 'idle' | 'running' | 'parked' }>();
        let made = 0;
        for (const { do: what, lane } of steps) {
          const known = model.get(lane);
          if (what === 'add') {
            made += 1;
            lanes.add(lane, made);
            if (known) known.tasks.push(made);
            else model.set(lane, { tasks: [made], state: 'idle' });
          } else if (what === 'next') {
            const next = lanes.next();
            const isAnyIdle = [...model.values()].some(({ state }) => state === 'idle');
            expect(next !== undefined).toBe(isAnyIdle);
            const started = next && model.get(next.lane);
            if (!started) continue;
            expect([started.state, started.tasks[0]]).toEqual(['idle', next.task]);
            started.state = 'running';
          } else if (what === 'start') {
            const task = lanes.start(lane);
            expect(task).toBe(known && known.state !== 'running' ? known.tasks[0] : undefined);
            if (known) known.state = 'running';
          } else if (known?.state === 'running' && what === 'finish') {
            lanes.finish(lane);
            known.tasks.shift();
            known.state = 'idle';
            if (known.tasks.length === 0) model.delete(lane);
          } else if (what === 'park') {
            lanes.park(lane);
            if (known?.state === 'running') known.state = 'parked';
          } else if (what === 'resume') {
            lanes.resume(lane);
            if (known?.state === 'parked') known.state = 'idle';
          }
          const all = [...model.values()];
          const waiting = { idle: 0, running: 1, parked: Number.POSITIVE_INFINITY };
          expect(lanes.held).toBe(all.reduce((sum, { tasks }) => sum + tasks.length, 0));
          expect(lanes.waiting).toBe(
            all.reduce((sum, { tasks, state }) => sum + Math.max(0, tasks.length - waiting[state]), 0),
          );
          expect([...lanes.all()].sort()).toEqual(all.flatMap(({ tasks }) => tasks).sort());
        }
      }),
    );
  });
});

describe('isolation', () => {
  test('lets many run at once, and one alone', async () => {
    const isolation = new Isolation();
    const order: string[] = [];
    expect([isolation.tryEnter(), isolation.tryEnter()]).toEqual([true, true]);
    const alone = isolation.enter(true).then(() => order.push('alone'));
    expect(isolation.tryEnter()).toBe(false);
    const others = [isolation.enter(false), isolation.enter(false)].map((entered) =>
      entered.then(() => order.push('other')),
    );
    isolation.leave();
    expect(order).toEqual([]);
    isolation.leave();
    await alone;
    expect(order).toEqual(['alone']);
    isolation.leave();
    await Promise.all(others);
    expect(order).toEqual(['alone', 'other', 'other']);
    expect(isolation.tryEnter()).toBe(true);
  });
});
