import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, UnreachableError } from '../errors.ts';
import { excerpt } from '../excerpt.ts';
import { DeadLetter, type Delivery, type Listener } from '../listener.ts';
import { checkProgram } from '../program.ts';
import { captureLines } from '../program-output.ts';
import { endGroup, signalGroup } from './process-group.ts';

export interface ExecListenerOptions {
  /** The name of the listener, for its lines in the log. */
  readonly name: string;
  /** The program and its arguments. There is no shell. */
  readonly command: readonly string[];
  /** Where it runs. */
  readonly dir: string;
  /** Its environment. The attributes of the event are added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Removes secrets from output that is quoted in a message. */
  readonly redact: (text: string) => string;
}

/** sysexits(3), EX_DATAERR: the command will never take this event. */
const dataError = 65;
/** How long the output of a command is still read after it has ended. A child of it may hold the pipes open. */
const outputMs = 250;
/** What is kept of the output of one command. */
const outputLimits = { line: 65_536, total: 65_536 };
/** The longest value of one variable. Linux allows 128 kB, and refuses to start a command with more. */
const variableLimit = 32_768;

/**
 * Runs a command for each event, with its JSON on stdin and its attributes in the environment. Exit code 0 means success, 65
 * means a dead letter, and after any other the event is delivered again. Throws `ConfigError` if there is no such program.
 */
export async function createExecListener(options: ExecListenerOptions): Promise<Listener> {
  const { name, dir, env } = options;
  const [program = '', ...args] = options.command;
  await checkProgram(program, { owner: `the command of the listener ${name}`, dir, path: env.PATH ?? '' });
  const running = new Set<number>();

  return {
    async deliver(delivery) {
      delivery.signal.throwIfAborted();
      const child = start(program, args, delivery, options);
      await started(child, program);
      const { pid } = child;
      if (pid === undefined) return;
      running.add(pid);
      try {
        await run(child, pid, delivery, options);
      } finally {
        running.delete(pid);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pid of running) signalGroup(pid, 'SIGKILL');
    },
  };
}

/** `detached` makes the command the leader of a process group, so that it can be ended together with its children. */
function start(
  program: string,
  args: readonly string[],
  delivery: Delivery,
  { name, dir, env }: ExecListenerOptions,
): ChildProcessWithoutNullStreams {
  const variables = { ...env, ...attributesOf(delivery, name) };
  return spawn(program, args, { cwd: dir, env: variables, detached: true, stdio: 'pipe' });
}

async function started(child: ChildProcessWithoutNullStreams, program: string): Promise<void> {
  // A command that does not read its stdin may still succeed. Only the exit code counts.
  child.stdin.on('error', () => {});
  await once(child, 'spawn').catch((error) => {
    throw new UnreachableError(`${program} cannot be started: ${messageOf(error)}`, { cause: error });
  });
}

async function run(
  child: ChildProcessWithoutNullStreams,
  pid: number,
  { json, signal, log }: Delivery,
  { name, command, graceMs, redact }: ExecListenerOptions,
): Promise<void> {
  captureLines(child.stdout, outputLimits, (line) => log.info(`${name}: ${line}`));
  const lastWords = captureLines(child.stderr, outputLimits, (line) => log.warn(`${name}: ${line}`));
  const closed = once(child, 'close');
  const ending = Promise.withResolvers<void>();
  const end = () => ending.resolve(endGroup(pid, graceMs));
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  child.stdin.end(`${json}\n`);

  const [code, killedBy]: (number | string | null)[] = await once(child, 'exit');
  signal.removeEventListener('abort', end);
  if (signal.aborted) await ending.promise;
  await Promise.race([closed, pause(outputMs, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  signal.throwIfAborted();
  if (code === 0) return;
  const words = excerpt(lastWords(), redact);
  throw failureOf(`${command[0]} ${code === null ? `was killed by ${killedBy}` : `exited with ${code}`}`, code, words);
}

function failureOf(what: string, code: number | string | null | undefined, words: string): Error {
  const message = words === '' ? what : `${what}: ${words}`;
  return code === dataError ? new DeadLetter(message) : new UnreachableError(message);
}

/** An attribute that does not fit into a variable is left out. The command also has it on stdin. */
function attributesOf(
  { event, attempt, idempotencyKey, traceparent }: Delivery,
  listener: string,
): Record<string, string> {
  const attributes = {
    SYNC_LISTENER: listener,
    SYNC_ATTEMPT: String(attempt),
    SYNC_IDEMPOTENCY_KEY: idempotencyKey,
    SYNC_EVENT_ID: event.id,
    SYNC_EVENT_SOURCE: event.source,
    SYNC_EVENT_TYPE: event.type,
    SYNC_EVENT_SUBJECT: event.subject,
    SYNC_EVENT_TIME: event.time,
    SYNC_EVENT_SEQUENCE: event.sequence,
    ...(traceparent !== undefined && { TRACEPARENT: traceparent }),
  };
  const fits = ([, value]: [string, string]) => value.length <= variableLimit && !value.includes('\0');
  return Object.fromEntries(Object.entries(attributes).filter(fits));
}
