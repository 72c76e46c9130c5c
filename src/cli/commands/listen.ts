import { ConfigError, ExitCode, UsageError } from '../../errors.ts';
import type { Daemon, Listened, ListenOptions } from '../../listen/daemon.ts';
import type { Listener } from '../../listener.ts';
import { CountingMeter, silentMeter } from '../../meter.ts';
import { wantedTelemetry } from '../../telemetry/wanted.ts';
import { createHealthServer, type HealthState } from '../health.ts';
import { type ListenAddress, parseAddress } from '../listen-on.ts';
import type { Metrics } from '../metrics.ts';
import { connectRedis, loadSetting, type Setting } from '../open/app.ts';
import { openDaemon } from '../open/open-daemon.ts';
import { openListener, surroundingsOf } from '../open/open-listener.ts';
import { Opened } from '../open/opened.ts';
import { many } from '../output/numbers.ts';
import type { OpenPage } from '../page/open-page.ts';
import { pageAccess } from '../page/page-access.ts';
import type { ListenFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync listen`: the daemon. A signal stops it without loss, with exit 0. */
export async function listenCommand(flags: ListenFlags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const address = addressOf(flags);
  const until = untilOf(flags);
  const setting = await loadSetting(flags, terminal);
  await using page = address && flags.web ? await openPageAt(address, flags, setting) : null;
  const names = chosenListeners(setting, flags.listener);
  await using listeners = await openListeners(setting, names);
  using redis = await connectRedis(setting, { isDaemon: true });
  const wanted = wantedTelemetry(terminal.caller.env);
  await using measuring = address || wanted?.metrics ? await openMeasuring(setting, wanted?.metrics === true) : null;
  const metrics = measuring?.metrics;
  const meter = new CountingMeter(metrics ?? silentMeter);
  await using telemetry = wanted?.traces ? await openDaemonTelemetry(terminal) : null;
  await using open = await openDaemon(setting, {
    redis,
    listeners: telemetry ? telemetry.traced(listeners.opened) : listeners.opened,
    until,
    meter,
  });
  await using server = address && metrics ? await startHealthServer(address, open.daemon, metrics, page) : null;
  if (server) terminal.report(`cronsync: ${server.url} answers /healthz, /readyz and /metrics`);
  if (server && page) terminal.report(`cronsync: the page is at ${server.url}/`);
  if (!terminal.isQuiet) terminal.report(`cronsync: listening for ${names.join(', ')}`);
  const listened = await open.daemon.run(signal);
  if (until !== 'stopped' && !terminal.isQuiet) terminal.report(describeDelivered(meter));
  return exitCodeOf(listened, until, terminal);
}

function addressOf({ http: text, web }: ListenFlags): ListenAddress | undefined {
  if (web && text === undefined) {
    throw new UsageError('--web needs --http, which says where the page is; nothing was read', {
      hint: 'Write "cronsync listen --http 127.0.0.1:9090 --web".',
    });
  }
  const address = text === undefined ? undefined : parseAddress(text);
  if (text === undefined || address) return address;
  throw new UsageError(`--http ${text} is not an address; nothing was read`, {
    hint: 'Write one such as 127.0.0.1:9090 or :9090.',
  });
}

function untilOf({ drain, once }: ListenFlags): ListenOptions['until'] {
  if (drain && once) throw new UsageError('--drain and --once exclude each other; nothing was read');
  if (once) return 'once';
  return drain ? 'drained' : 'stopped';
}

function chosenListeners({ config }: Setting, wanted: readonly string[] = []): string[] {
  const names = Object.keys(config.listeners);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`there is no listener ${unknown.join(', ')}; the config has ${names.join(', ') || 'none'}`);
  }
  if (names.length === 0) {
    throw new ConfigError('the config has no listeners: there is nothing to listen for', {
      hint: 'Add one under "listeners"; docs/listeners.md shows how.',
    });
  }
  return wanted.length > 0 ? [...new Set(wanted)] : names;
}

/** A listener that cannot work is reported before anything is read. */
async function openListeners(setting: Setting, names: readonly string[]) {
  await using opening = new Opened();
  const opened = new Map<string, Listener>();
  for (const [name, config] of Object.entries(setting.config.listeners)) {
    if (names.includes(name)) opened.set(name, opening.use(await openListener(name, config, surroundingsOf(setting))));
  }
  const all = opening.move();
  return { opened, [Symbol.asyncDispose]: () => all[Symbol.asyncDispose]() };
}

/** Closing it sends what is left. */
async function openDaemonTelemetry(terminal: Terminal) {
  const { telemetryOf, tracedListeners } = await import('../open/witness/open-telemetry.ts');
  const telemetry = await telemetryOf(terminal);
  if (telemetry === null) return null;
  const { tracer } = telemetry;
  return {
    traced: (listeners: ReadonlyMap<string, Listener>) => tracedListeners(listeners, tracer),
    [Symbol.asyncDispose]: () => telemetry.flush(),
  };
}

/** Closing it sends what is left to a collector, and closes what the metrics are read from. */
async function openMeasuring(setting: Setting, isSent: boolean) {
  const { StoreAsker } = await import('../ask/ask-stores.ts');
  const { metricsOf, openExport } = await import('../ask/measure.ts');
  const { createMetrics } = await import('../metrics.ts');
  const asker = new StoreAsker(setting);
  const measure = async () => metricsOf(await asker.ask(), setting);
  const sending = isSent ? await openExport(measure, setting) : null;
  return {
    metrics: await createMetrics({ name: setting.config.name, measure }),
    async [Symbol.asyncDispose]() {
      await sending?.flush();
      await asker[Symbol.asyncDispose]();
    },
  };
}

async function openPageAt({ host }: ListenAddress, flags: ListenFlags, setting: Setting): Promise<OpenPage> {
  const access = pageAccess(setting, host, flags.readOnly === true);
  const { bundledFiles, openPage } = await import('../page/open-page.ts');
  return openPage(setting, { access, host, names: flags.host ?? [], files: bundledFiles() });
}

function startHealthServer(address: ListenAddress, daemon: Daemon, metrics: Metrics, open: OpenPage | null) {
  const state = (): HealthState => ({ stuck: daemon.stuck, unready: daemon.unready, groups: daemon.groups });
  return createHealthServer({ ...address, state, metrics, page: open?.page.listener });
}

function describeDelivered({ counts: { success, dead } }: CountingMeter): string {
  const letters = dead === 0 ? '' : `, ${many(dead, 'dead letter')}`;
  return `cronsync: ${many(success, 'event')} delivered${letters}`;
}

function exitCodeOf({ isOff, left }: Listened, until: ListenOptions['until'], terminal: Terminal): ExitCode {
  const isDone = left === 0 && !isOff;
  if (terminal.isJson) terminal.print(JSON.stringify({ outcome: isDone ? 'done' : 'left', left, isOff }));
  if (until === 'stopped' || isDone) return ExitCode.ok;
  if (!terminal.isQuiet) {
    terminal.report(
      isOff ? 'a receiver is gone for good, and its events wait' : `${many(left, 'event')} could not be delivered yet`,
    );
    terminal.report('hint: "cronsync listen --once --log-level info" tries each again, and prints why it fails.');
  }
  return ExitCode.unreachable;
}
