import { inspect } from 'node:util';
import { ConfigError, messageOf, UnreachableError } from '../errors.ts';
import { DeadLetter, type Handlers, type Listener, ListenerOff, matchesType, RetryLater } from '../listener.ts';
import { syncEventTypes } from '../sync-event.ts';
import { untilAborted } from './until-aborted.ts';

export interface ModuleListenerOptions {
  /** Where it was loaded from, for messages. */
  readonly module: string;
  /** The default export of the module. */
  readonly handlers: unknown;
  /** The listener's own `on`. */
  readonly on: readonly string[];
  /** The names of the resources. A handler for any other would never be called. */
  readonly resources: readonly string[];
}

/**
 * Runs functions by event type. For each event it calls one handler, that with the most exact pattern (`customers.deleted`,
 * then `customers.*`, then `*.deleted`, then `*`), so that a repeated delivery never repeats the work of another handler. An
 * event without a handler is acknowledged. Throws `ConfigError` if the module does not export handlers, or if they do not
 * match `on`.
 */
export function createModuleListener(options: ModuleListenerOptions): Listener {
  const handlers = checkedHandlers(options);
  const patterns = Object.keys(handlers).sort((a, b) => vaguenessOf(a) - vaguenessOf(b));

  return {
    async deliver({ event, attempt, idempotencyKey, signal, traceparent, log }) {
      signal.throwIfAborted();
      const handler = handlers[patterns.find((pattern) => matchesType(pattern, event.type)) ?? ''];
      if (!handler) return;
      const context = { attempt, idempotencyKey, signal, traceparent, log };
      try {
        const result = handler(event, context);
        if (isPromise(result)) await untilAborted(result, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw translate(error);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Whether `await` would wait for it. It may be a promise of another library. */
function isPromise(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

function checkedHandlers({ module, handlers, on, resources }: ModuleListenerOptions): Handlers {
  if (!isHandlers(handlers)) {
    throw new ConfigError(`the module ${module} does not export a listener as its default`, {
      hint: 'Write: export default defineListener({ "customers.deleted": async (event, context) => { … } }).',
    });
  }
  const patterns = Object.keys(handlers);
  const changes = ['created', 'updated', 'deleted'];
  const ofRecords = resources.flatMap((resource) => changes.map((change) => `${resource}.${change}`));
  const types = [...ofRecords, ...syncEventTypes];
  const heard = types.filter((type) => on.some((pattern) => matchesType(pattern, type)));
  const deaf = on.filter((wanted) => !types.some((type) => matchesType(wanted, type) && isHandled(type, patterns)));
  const idle = patterns.filter((pattern) => !heard.some((type) => matchesType(pattern, type)));
  if (deaf.length > 0) throw complaint(module, `has no handler for ${quoted(deaf)}, which it listens on`, patterns);
  if (idle.length > 0) throw complaint(module, `has a handler for ${quoted(idle)}, which would never be called`, on);
  return handlers;
}

function isHandlers(exported: unknown): exported is Handlers {
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) return false;
  return Object.values(exported).every((handler) => typeof handler === 'function');
}

function isHandled(type: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesType(pattern, type));
}

function complaint(module: string, problem: string, others: readonly string[]): ConfigError {
  const known = others.length === 0 ? 'nothing' : quoted(others);
  return new ConfigError(`the module ${module} ${problem}; nothing was read`, {
    hint: `The handlers of the module and "on" in the config must match. The other of the two has ${known}.`,
  });
}

function quoted(patterns: readonly string[]): string {
  return patterns.map((pattern) => `"${pattern}"`).join(', ');
}

function vaguenessOf(pattern: string): number {
  if (pattern === '*') return 3;
  const [resource, change, ...more] = pattern.split('.');
  if (more.length > 0) return more.includes('*') ? 0.5 : 0;
  return (resource === '*' ? 2 : 0) + (change === '*' ? 1 : 0);
}

/** Compares names and not classes: a module that imports "cronsync" has a different copy of our classes from the command. */
function translate(thrown: unknown): Error {
  if (!(thrown instanceof Error)) {
    return new UnreachableError(`the handler threw something that is not an Error: ${inspect(thrown, { depth: 1 })}`);
  }
  if (thrown.name === 'DeadLetter') return new DeadLetter(thrown.message, { cause: thrown });
  if (thrown.name === 'ListenerOff') return new ListenerOff(thrown.message, { cause: thrown });
  if (thrown.name === 'RetryLater' && 'afterMs' in thrown)
    return new RetryLater(thrown.message, waitOf(thrown.afterMs));
  return new UnreachableError(`the handler failed: ${messageOf(thrown)}`, { cause: thrown });
}

function waitOf(afterMs: unknown): number {
  return typeof afterMs === 'number' && afterMs > 0 ? afterMs : 0;
}
