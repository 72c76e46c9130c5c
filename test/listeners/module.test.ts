import { describe, expect, test } from 'vitest';
import { ConfigError, UnreachableError } from '../../src/errors.ts';
import {
  DeadLetter,
  defineListener,
  type HandlerContext,
  type Listener,
  ListenerOff,
  RetryLater,
} from '../../src/listener.ts';
import { createModuleListener } from '../../src/listeners/module.ts';
import { aDelivery, failureOf } from './a-delivery.ts';

function aModule(handlers: unknown, on: readonly string[] = ['*']): Listener {
  return createModuleListener({ module: './reindex.ts', handlers, on, resources: ['customers', 'orders'] });
}

/** What a handler that throws this makes of a delivery. */
function thrown(value: unknown): Promise<unknown> {
  const throwing = () => {
    throw value;
  };
  return failureOf(aModule({ '*': throwing }).deliver(aDelivery()));
}

describe('a handler', () => {
  test('gets the event and its context, and is waited for', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const calls: unknown[] = [];
    const handlers = defineListener({
      'customers.updated': async (event, context) => {
        await promise;
        calls.push(event, context);
      },
    });
    const delivery = aDelivery({ attempt: 2 });
    const delivering = aModule(handlers).deliver(delivery);
    expect(calls).toEqual([]);
    resolve();
    await delivering;

    const { event, attempt, idempotencyKey, signal, log } = delivery;
    expect(calls).toEqual([event, { attempt, idempotencyKey, signal, log } satisfies HandlerContext]);
  });

  test.each([
    [['*', '*.updated', 'customers.*', 'customers.updated'], 'customers.updated'],
    [['*', '*.updated', 'customers.*', 'customers.deleted'], 'customers.*'],
    [['*', '*.updated', 'orders.updated'], '*.updated'],
    [['orders.*', '*', '*.deleted'], '*'],
  ])('of %j, only the most exact one is called: %s', async (patterns, expected) => {
    const called: string[] = [];
    const handlers = Object.fromEntries(patterns.map((pattern) => [pattern, () => called.push(pattern)]));
    await aModule(handlers).deliver(aDelivery());
    expect(called).toEqual([expected]);
  });

  test('that is not there for a type lets its events pass', async () => {
    const called: string[] = [];
    await aModule({ 'customers.deleted': () => called.push('deleted') }).deliver(aDelivery());
    expect(called).toEqual([]);
  });
});

describe('what a handler throws', () => {
  test('makes the event come again, with its message and itself as the cause', async () => {
    const error = new TypeError('index is down');
    const failure = await thrown(error);
    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ message: 'the handler failed: index is down', cause: error });
  });

  test.each([['a text'], [undefined], [null], [{ code: 7 }], [Symbol('s')]])(
    'may be something that is not an Error: %s',
    async (value) => {
      const failure = await thrown(value);
      expect(failure).toBeInstanceOf(UnreachableError);
      expect(failure).toMatchObject({ message: expect.stringContaining('not an Error') });
    },
  );

  test('may be a rejection', async () => {
    const failure = await failureOf(aModule({ '*': () => Promise.reject(new Error('later')) }).deliver(aDelivery()));
    expect(failure).toMatchObject({ message: 'the handler failed: later' });
  });

  test('is known by its name, since a module has its own copy of the classes', async () => {
    const named = (name: string, extra: object = {}) => Object.assign(new Error('because'), { name, ...extra });
    expect(await thrown(named('DeadLetter'))).toBeInstanceOf(DeadLetter);
    expect(await thrown(named('ListenerOff'))).toBeInstanceOf(ListenerOff);
    const later = await thrown(named('RetryLater', { afterMs: 1500 }));
    expect(later).toBeInstanceOf(RetryLater);
    expect(later).toMatchObject({ message: 'because', afterMs: 1500 });
    expect(await thrown(named('RetryLater', { afterMs: 'soon' }))).toMatchObject({ afterMs: 0 });
  });
});

describe('the signal', () => {
  test('ends the wait for a handler that never returns', async () => {
    const timeout = new AbortController();
    const listener = aModule({ '*': () => new Promise(() => {}) });
    const delivering = failureOf(listener.deliver(aDelivery({ signal: timeout.signal })));
    timeout.abort(new Error('reindex was not done within 30s'));
    expect(await delivering).toMatchObject({ message: 'reindex was not done within 30s' });
  });

  test('wins over what the handler throws because of it', async () => {
    const timeout = new AbortController();
    const listener = aModule({
      '*': (_event: unknown, { signal }: HandlerContext) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted fetch')));
        }),
    });
    const delivering = failureOf(listener.deliver(aDelivery({ signal: timeout.signal })));
    timeout.abort(new Error('too late'));
    expect(await delivering).toMatchObject({ message: 'too late' });
  });

  test('that has fired before calls no handler', async () => {
    const called: string[] = [];
    const signal = AbortSignal.abort(new Error('stopping'));
    const failure = await failureOf(aModule({ '*': () => called.push('once') }).deliver(aDelivery({ signal })));
    expect(failure).toMatchObject({ message: 'stopping' });
    expect(called).toEqual([]);
  });
});

describe('a module is a config error', () => {
  test.each([[undefined], [null], [() => {}], [[]], [{ 'customers.deleted': 'a text' }], ['text']])(
    'that exports no handlers: %s',
    (exported) => {
      expect(() => aModule(exported)).toThrow(ConfigError);
    },
  );

  test('that has no handler for what it listens on', () => {
    const handlers = { 'customers.deleted': () => {} };
    expect(() => aModule(handlers, ['customers.*'])).not.toThrow();
    expect(() => aModule(handlers, ['customers.deleted', 'orders.*'])).toThrow(
      'has no handler for "orders.*", which it listens on',
    );
    expect(() => aModule({}, ['*'])).toThrow('has no handler for "*"');
  });

  test('that has a handler which would never be called', () => {
    const handlers = { 'customers.*': () => {}, 'custommers.deleted': () => {} };
    expect(() => aModule(handlers)).toThrow('has a handler for "custommers.deleted", which would never be called');
    expect(() => aModule({ 'customers.*': () => {}, 'orders.created': () => {} }, ['customers.*'])).toThrow(
      '"orders.created"',
    );
  });
});
