import { vi } from 'vitest';
import { StoreAsker } from '../../../src/cli/ask/ask-stores.ts';
import { metricsOf } from '../../../src/cli/ask/measure.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { exposition } from '../../../src/metrics/exposition.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { aTerminal } from '../../cli/a-terminal.ts';
import { eventually } from '../../helpers/sync.ts';
import { aheadMs } from './clock.ts';
import type { Provoked } from './situation.ts';

/** What somebody reads of a sync: the verdict, and its problems, worst first. */
export interface Reading {
  readonly verdict: string;
  /** Absent where only their number is shown. */
  readonly problems?: readonly { readonly id: string; readonly severity: string; readonly next: string }[];
  readonly urgent: number;
}

/** A place where the verdict is shown. All must show the same. */
export interface Reader {
  readonly name: string;
  readonly read: (provoked: Provoked) => Promise<Reading>;
}

export const readers: readonly Reader[] = [
  { name: 'status --json', read: readStatus },
  { name: '/metrics', read: readMetrics },
  { name: '/api/status', read: readPage },
];

interface StatusJson {
  readonly verdict: { readonly is: string };
  readonly problems: NonNullable<Reading['problems']>;
}

async function readStatus({ project, env = {} }: Provoked): Promise<Reading> {
  const { json } = await project.sync(['status', '--json'], { env });
  return readingOf(json<StatusJson>());
}

function readingOf({ verdict, problems }: StatusJson): Reading {
  return { verdict: verdict.is, problems, urgent: problems.filter(({ severity }) => severity === 'act').length };
}

/** As a daemon makes it: a daemon of its own would change the situation. */
async function readMetrics({ project, env = {} }: Provoked): Promise<Reading> {
  const loaded = await loadConfig({ cwd: project.dir, env });
  const timings = { ...defaultTimings, lookMs: 10_000 };
  const none = { logins: { redis: undefined, target: undefined }, hide: () => {} };
  const setting = { loaded, config: loaded.config, timings, terminal: aTerminal(), envFiles: [], ...none };
  if (env.FAKETIME) vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + aheadMs(env) });
  try {
    await using asker = new StoreAsker(setting);
    const text = exposition(metricsOf(await asker.ask(), setting), {});
    const [, verdict = ''] = /^cronsync_verdict\{verdict="(.+)"\} 1$/m.exec(text) ?? [];
    const [, urgent] = /^cronsync_problems\{severity="act"\} (\d+)$/m.exec(text) ?? [];
    return { verdict, urgent: Number(urgent) };
  } finally {
    vi.useRealTimers();
  }
}

async function readPage({ project, env = {} }: Provoked): Promise<Reading> {
  const server = project.start(['web', '127.0.0.1:0'], { env });
  try {
    const url = () => /http:\/\/127\.0\.0\.1:\d+/.exec(server.stderr())?.[0];
    await eventually(() => url() !== undefined);
    return readingOf((await (await fetch(`${url()}/api/status`)).json()) as StatusJson);
  } finally {
    server.kill('SIGTERM');
    await server.finished;
  }
}
