import { describe, expect, test } from 'vitest';
import { UnreachableError } from '../../../src/errors.ts';
import { Attempt } from '../../../src/listen/delivery/attempt.ts';
import { Acknowledger } from '../../../src/listen/group/acknowledger.ts';
import { Outage } from '../../../src/listen/outage.ts';
import { type ChangeEvent, DeadLetter, type Delivery, ListenerOff, RetryLater } from '../../../src/listener.ts';
import { type Log, silentLog } from '../../../src/log.ts';

const event = { id: 'crm:1-4', type: 'customers.deleted', subject: '7' } as ChangeEvent;

/** An attempt at a listener that does this. */
function attemptAt(deliver: (delivery: Delivery) => Promise<void>, graceMs = 60_000): Attempt {
  const listener = { deliver, async [Symbol.asyncDispose]() {} };
  return new Attempt({ listener, name: 'notify', event, json: '{}', attempt: 2, log: silentLog, graceMs });
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('an attempt', () => {
  test('gives the listener the event and all that goes with it', async () => {
    let seen: unknown;
    const attempt = attemptAt(async ({ event: given, json, attempt: nth, idempotencyKey, signal }) => {
      seen = { given, json, nth, idempotencyKey, isAborted: signal.aborted };
    });
    expect(await attempt.outcome).toEqual({ is: 'success' });
    expect(seen).toEqual({ given: event, json: '{}', nth: 2, idempotencyKey: 'notify:crm:1-4', isAborted: false });
  });

  test.each([
    ['an error', new Error('refused'), { is: 'transient', error: 'refused', askedMs: 0 }],
    ['a RetryLater', new RetryLater('busy', 5000), { is: 'transient', error: 'busy', askedMs: 5000 }],
    ['a DeadLetter', new DeadLetter('never'), { is: 'permanent', error: 'never' }],
    ['a ListenerOff', new ListenerOff('gone'), { is: 'off', error: 'gone' }],
    ['no Error at all', 'text', { is: 'transient', error: 'text', askedMs: 0 }],
    ['nothing', undefined, { is: 'transient', error: 'undefined', askedMs: 0 }],
  ])('whose listener throws %s ends accordingly', async (_, thrown, outcome) => {
    expect(await attemptAt(() => Promise.reject(thrown)).outcome).toEqual(outcome);
  });

  test('whose listener throws before it returns a promise has failed', async () => {
    const deliver = () => {
      throw new Error('at once');
    };
    expect(await attemptAt(deliver).outcome).toMatchObject({ is: 'transient', error: 'at once' });
  });

  test('that lasts too long fires its signal, and has failed', async () => {
    const attempt = attemptAt(({ signal }) => untilAborted(signal));
    attempt.expire(30_000);
    expect(await attempt.outcome).toEqual({ is: 'transient', error: 'it was not done within 30s', askedMs: 0 });
  });

  test('that we cut off is nobody’s fault, whatever it throws then', async () => {
    const attempt = attemptAt(({ signal }) => untilAborted(signal).catch(() => Promise.reject(new DeadLetter('no'))));
    attempt.abort(new UnreachableError('stopping'));
    expect(await attempt.outcome).toEqual({ is: 'aborted' });
  });

  test('that succeeds all the same has succeeded', async () => {
    const attempt = attemptAt(({ signal }) => untilAborted(signal).catch(() => {}));
    attempt.expire(30_000);
    expect(await attempt.outcome).toEqual({ is: 'success' });
  });

  test('that does not end when its signal fires is not waited for', async () => {
    const attempt = attemptAt(() => new Promise(() => {}), 5);
    attempt.expire(1000);
    attempt.abort(new UnreachableError('stopping'));
    expect(await attempt.outcome).toMatchObject({ is: 'transient' });
  });

  test('asked for its signal after it was cut off, has one that has fired', () => {
    const attempt = attemptAt(() => new Promise(() => {}));
    const reason = new UnreachableError('stopping');
    attempt.abort(reason);
    expect([attempt.signal.aborted, attempt.signal.reason]).toEqual([true, reason]);
  });
});

describe('acknowledging', () => {
  test('sends in one call what came up meanwhile, and repeats while Redis is away', async () => {
    const calls: string[][] = [];
    const away = [true, false, false];
    const acknowledger = new Acknowledger({
      consumer: {
        async acknowledge(ids) {
          calls.push([...ids]);
          if (away.shift()) throw new UnreachableError('away');
          return ids.filter((id) => id === '3');
        },
      },
      onLost: (ids) => calls.push(['lost', ...ids]),
      onRoom: () => {},
      onError: () => calls.push(['error']),
      retryMs: 1,
    });
    for (const id of ['1', '2']) acknowledger.add(id);
    await Promise.resolve();
    acknowledger.add('3');
    expect([acknowledger.size, acknowledger.backlog]).toEqual([3, ['1', '2', '3']]);
    await acknowledger.flushed();
    expect(calls).toEqual([['1', '2'], ['1', '2'], ['3'], ['lost', '3']]);
    expect(acknowledger.size).toBe(0);
  });

  test('ends with an error that a repetition cannot repair', async () => {
    const met: unknown[] = [];
    const acknowledger = new Acknowledger({
      consumer: { acknowledge: () => Promise.reject(new Error('a bug')) },
      onLost: () => {},
      onRoom: () => {},
      onError: (error) => met.push(error),
      retryMs: 1,
    });
    acknowledger.add('1');
    await acknowledger.flushed();
    expect(met).toEqual([new Error('a bug')]);
  });
});

test('an outage is logged once, and its end once', () => {
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (line) => lines.push(line) };
  const outage = new Outage(log);
  for (let nth = 0; nth < 100; nth += 1) outage.failed(new UnreachableError('Redis is away'));
  expect(outage.because).toBe('Redis is away');
  for (let nth = 0; nth < 100; nth += 1) outage.recovered();
  expect(outage.because).toBeNull();
  expect(lines).toEqual([
    'Redis is away; cronsync tries again until it is back',
    expect.stringMatching(/^it is back, after/),
  ]);
});
