import { expect } from 'vitest';
import { comparePositions, type Position, parsePosition } from '../../src/event.ts';
import type { Timings } from '../../src/timings.ts';
import { type BaseConfig, eventually, type Project } from './sync.ts';

/** Minutes that take seconds. */
export const listenTimings: Partial<Timings> = {
  blockMs: 300,
  groupLeaseMs: 1500,
  standbyMs: 150,
  claimEveryMs: 300,
  claimIdleMs: 1200,
  heartbeatMs: 300,
  retryFirstMs: 40,
  retryCapMs: 500,
  probeMs: 250,
  deliveryGraceMs: 300,
  loopBackOffMs: 50,
  loopBackOffCapMs: 300,
  steeringMs: 100,
  cursorsMs: 200,
  relayEveryMs: 200,
  trimEveryMs: 1000,
  drainSignalMs: 700,
  drainMs: 1000,
};

/** Adds listeners to a project's config. */
export function withListeners(listeners: Readonly<Record<string, object>>): (config: BaseConfig) => object {
  return (config) => ({ ...config, listeners });
}

export interface GroupFacts {
  readonly name: string;
  readonly pending: number;
  /** The stream has entries that the group has not read. A group may be ahead of a stream that was flushed and made again. */
  readonly behind: boolean;
}

/** Where every group of the project stands. */
export async function groupsOf(project: Project): Promise<GroupFacts[]> {
  const { client } = project.redis;
  const info = (await client.xinfo('STREAM', project.streamKey)) as readonly unknown[];
  const last = info[info.indexOf('last-generated-id') + 1];
  const groups = (await client.xinfo('GROUPS', project.streamKey)) as readonly (readonly unknown[])[];
  return groups.map((group) => {
    const fact = (name: string) => group[group.indexOf(name) + 1];
    const behind = comparePositions(positionOf(fact('last-delivered-id')), positionOf(last)) < 0;
    return { name: String(fact('name')), pending: Number(fact('pending')), behind };
  });
}

function positionOf(id: unknown): Position {
  const position = parsePosition(String(id));
  if (!position) throw new Error(`not an ID of the stream: ${id}`);
  return position;
}

/** Waits until everything that is on the stream is acknowledged by every group. */
export async function allDone(project: Project, timeoutMs = 60_000): Promise<void> {
  await eventually(async () => {
    const groups = await groupsOf(project);
    expect(groups.length).toBeGreaterThan(0);
    expect(groups.filter(({ pending, behind }) => pending > 0 || behind)).toEqual([]);
    return true;
  }, timeoutMs);
}

/** The project's dead letters. */
export function deadLetters(project: Project): readonly Readonly<Record<string, unknown>>[] {
  const isThere = project.query("SELECT 1 FROM sqlite_master WHERE name = '_sync_dead'").length > 0;
  return isThere ? project.query('SELECT * FROM _sync_dead ORDER BY generation, seq') : [];
}
