import type { Checkpoint } from '../../checkpoint.ts';
import type { Drift } from '../../drift.ts';
import { formatDuration } from '../../duration.ts';
import { type BackOffCause, ExitCode } from '../../errors.ts';
import { formatPosition, type Position } from '../../event.ts';
import { listenerOf } from '../../listener.ts';
import type { Held } from '../../lock.ts';
import type { RedisConnection } from '../../redis/connection/connection.ts';
import type { RunRow } from '../../run-row.ts';
import type { StreamState } from '../../stream.ts';
import type { FenceRow, GroupCursor } from '../../target.ts';
import { describeStricter, type StricterLimits } from '../../throttle.ts';
import { differingIn } from '../../verify/findings.ts';
import { connectRedis, loadSetting, lockOf, openReader, type Setting, streamOf } from '../open/app.ts';
import { throttleKeysOf } from '../open/throttle-keys.ts';
import { changes, count, many } from '../output/numbers.ts';
import { type SchemaStatus, schemaStatus } from '../output/schema-status.ts';
import type { GlobalOptions } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { describeHeld } from './unlock.ts';

interface Status {
  readonly name: string;
  readonly adapter: string;
  readonly target: string;
  readonly lock: Held | null;
  /** When the next hit may leave, for each throttle key: 0 is now. */
  readonly slots: readonly {
    readonly key: string;
    readonly waitMs: number;
    readonly cause: BackOffCause | null;
    /** The limits that count, if they are stricter than those of the config. */
    readonly stricter: StricterLimits | null;
  }[];
  readonly lease: FenceRow | null;
  readonly resources: readonly {
    readonly resource: string;
    readonly live: number;
    readonly checkpoint: Checkpoint | null;
    readonly rejects: number;
    /** Rows that somebody else changed; null where none is known. */
    readonly drift: Drift | null;
    /** What the third party's records look like; null before the first complete pass. */
    readonly schema: SchemaStatus | null;
  }[];
  readonly stream: StreamState;
  /** Events in the outbox that are not on the stream yet. */
  readonly waiting: number;
  readonly groups: readonly GroupCursor[];
  readonly listeners: readonly ListenerStatus[];
  readonly runs: readonly RunRow[];
}

/** One group on the stream: a listener, or a shard of one. */
interface ListenerStatus {
  readonly listener: string;
  readonly group: string;
  readonly pending: number;
  /** Null if Redis does not know it. */
  readonly lag: number | null;
  /** Dead letters of the whole listener. */
  readonly dead: number;
}

const runsShown = 5;

/** `cronsync status`: prints where everything stands. It only reads. */
export async function statusCommand(options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const status = await readStatus(await loadSetting(options, terminal));
  if (terminal.isJson) terminal.print(JSON.stringify(status));
  else printStatus(status, terminal);
  return ExitCode.ok;
}

async function readStatus(setting: Setting): Promise<Status> {
  const { config } = setting;
  using redis = await connectRedis(setting);
  await using target = await openReader(setting);
  const [lock, stream, lease] = [
    await lockOf(setting, redis).inspect(),
    await (await streamOf(setting, redis)).state(),
    await target.fence(),
  ];
  const resources = await Promise.all(
    Object.keys(config.resources).map(async (resource) => {
      const pass = await target.pass(resource);
      return {
        resource,
        live: await target.countLive(resource),
        checkpoint: pass?.checkpoint ?? null,
        rejects: await target.countRejects(resource),
        drift: (await target.drift(resource)).found,
        schema: schemaStatus(pass?.paths ?? null),
      };
    }),
  );
  return {
    name: config.name,
    adapter: config.adapter,
    target: target.label,
    lock,
    slots: await readSlots(setting, redis),
    lease,
    resources,
    stream,
    waiting: waitingEvents(lease, stream),
    groups: await target.groups(),
    listeners: await readListeners(setting, stream, { lease, cursors: await target.groups() }),
    runs: await target.runs({ limit: runsShown }),
  };
}

async function readListeners(
  setting: Setting,
  { groups }: StreamState,
  { lease, cursors }: { readonly lease: FenceRow | null; readonly cursors: readonly GroupCursor[] },
): Promise<ListenerStatus[]> {
  const { openDeadLetters } = await import('../open/open-listener.ts');
  await using letters = await openDeadLetters(setting);
  const dead = await letters.countByListener();
  const off = cursors
    .filter(({ group }) => !groups.some(({ name }) => name === group))
    .map(({ group, position }) => ({ name: group, pending: 0, lag: eventsAfter(position, lease) }));
  const listening = [...groups, ...off].map(({ name, pending, lag }) => {
    return { listener: listenerOf(name), group: name, pending, lag, dead: dead[listenerOf(name)] ?? 0 };
  });
  return listening.sort((a, b) => (a.group < b.group ? -1 : 1));
}

/** How many events a group that is off the stream has not acknowledged; null if they are of an older generation. */
function eventsAfter({ generation, seq }: Position, lease: FenceRow | null): number | null {
  if (lease === null) return 0;
  return generation === lease.generation || generation === 0 ? lease.nextSeq - 1 - seq : null;
}

async function readSlots({ config }: Setting, redis: RedisConnection): Promise<Status['slots']> {
  const { lookAtSlots } = await import('../../redis/slots.ts');
  const { stricterLimits } = await import('../../redis/limit-owners.ts');
  const limits = config.adapters[config.adapter]?.throttle ?? { hits: 1, perMs: 0 };
  const at = { redis, prefix: config.redis.prefix };
  return Promise.all(
    throttleKeysOf(config).map(async (key) => {
      const found = await lookAtSlots(at, key, limits.hits);
      return { key, ...found, stricter: await stricterLimits(at, key, limits) };
    }),
  );
}

function waitingEvents(lease: FenceRow | null, { last }: StreamState): number {
  if (lease === null) return 0;
  const onStream = last.generation === lease.generation ? last.seq : 0;
  return Math.max(0, lease.nextSeq - 1 - onStream);
}

function printStatus(status: Status, { print, out, command }: Terminal): void {
  print(`${out.bold(status.name)} from ${status.adapter} into ${status.target}`);
  print(`lock       ${status.lock === null ? 'free' : describeHeld(status.lock)}`);
  for (const { key, waitMs, cause, stricter } of status.slots) {
    print(
      `next slot  ${waitMs === 0 ? 'free now' : `frees in ${formatDuration(waitMs)}`} (${key})${cause ? `; ${out.red(cause.message)}` : ''}`,
    );
    if (stricter) print(`           ${out.yellow(describeStricter(stricter))}`);
  }
  if (status.lease === null) print('target     no run has been here yet');
  for (const { resource, live, checkpoint, rejects, drift } of status.resources) {
    print(`${resource.padEnd(10)} ${many(live, 'live row')}; ${checkpoint ? describePass(checkpoint) : 'no pass yet'}`);
    if (checkpoint?.held) print(`           ${out.yellow(`held back: ${checkpoint.held.because}`)}`);
    if (checkpoint?.heldEmptied) print(`           ${out.yellow(`held back: ${checkpoint.heldEmptied.because}`)}`);
    if (checkpoint?.incomplete) print(`           ${out.red(incompleteText(checkpoint.incomplete))}`);
    if (checkpoint?.backOff) print(`           ${out.red(`backing off: ${checkpoint.backOff.cause.message}`)}`);
    if (drift) print(`           ${out.yellow(describeDrift(drift, resource, command))}`);
    if (rejects > 0)
      print(`           ${out.yellow(`${many(rejects, 'record')} in quarantine: ${command} rejects list`)}`);
  }
  print(
    `stream     ${many(status.stream.length, 'entry').replace('entrys', 'entries')} up to ${formatPosition(status.stream.last)}; ${many(status.waiting, 'event')} waiting in the outbox`,
  );
  for (const { group, pending, lag, dead } of status.listeners) {
    const letters = dead > 0 ? `, ${out.red(many(dead, 'dead letter'))}: ${command} dead list` : '';
    print(`listener   ${group}: ${pending} pending, ${lag ?? 'unknown'} behind${letters}`);
  }
  for (const run of status.runs) print(`run        ${run.startedAt.toISOString()} ${describeRun(run, out)}`);
}

function describeRun(
  { startedAt, endedAt, outcome, exitCode, counts, hits, error }: RunRow,
  out: Terminal['out'],
): string {
  const did = `${changes(counts, out)}; ${many(hits, 'hit')}`;
  if (endedAt === null) return `is running, or was killed ${did}`;
  const took = formatDuration(endedAt.getTime() - startedAt.getTime());
  return `${outcome} (${exitCode}) ${did}; ${took}${error ? `; ${error}` : ''}`;
}

function describeDrift(drift: Drift, resource: string, command: string): string {
  const differ = `${many(differingIn(drift), 'row')} of ${count(drift.compared)} that were compared`;
  if (drift.isBeingRepaired) return `drift: ${differ} are being repaired: the next pass writes them again`;
  return `drift: somebody else has changed ${differ}: ${command} verify --resource ${resource} --repair`;
}

function incompleteText({ records, total }: { readonly records: number; readonly total: number }): string {
  return `incomplete: ${records} of ${many(total, 'record')} came; nothing is deleted until all come`;
}

function describePass({ pass, phase, progress, completedAt }: Checkpoint): string {
  const ended = completedAt === null ? '' : new Date(completedAt).toISOString();
  const before = ended && `, last complete ${ended}`;
  if (phase === 'walking' && progress.pages === 0) return `pass ${pass} has not read a page yet${before}`;
  if (phase === 'walking')
    return `pass ${pass} goes on after ${many(progress.pages, 'page')}, ${many(progress.records, 'record')}${before}`;
  if (phase === 'deleting') return `pass ${pass} is deleting what is gone${before}`;
  return `pass ${pass} completed at ${ended}${phase === 'held' ? ', with deletions held' : ''}`;
}
