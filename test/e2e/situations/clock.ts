import { findFaketime } from '../../../scripts/faketime.ts';
import type { Project } from '../../helpers/sync.ts';

/** The environment of a process whose wall clock is this many minutes ahead, or behind. */
export async function clockAt(minutes: number): Promise<Readonly<Record<string, string>>> {
  const seconds = minutes * 60;
  return {
    LD_PRELOAD: await findFaketime(),
    FAKETIME: `${seconds < 0 ? '' : '+'}${seconds}`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** How far the wall clock of such a process is ahead. */
export function aheadMs({ FAKETIME = '0' }: Readonly<Record<string, string>>): number {
  return Number(FAKETIME) * 1000;
}

/** Runs at these times, in minutes before now, as cron would have done. Others of its kind run between them. */
export async function runAt(
  project: Project,
  minutesAgo: readonly number[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const minutes of minutesAgo) await project.sync(['run'], { env: { ...env, ...(await clockAt(-minutes)) } });
}
