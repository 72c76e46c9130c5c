import { once } from 'node:events';
import { ExitCode, UsageError } from '../../errors.ts';
import { type ListenAddress, listenOn, parseAddress } from '../listen-on.ts';
import { loadSetting } from '../open/app.ts';
import { bundledFiles, openPage } from '../page/open-page.ts';
import { pageAccess } from '../page/page-access.ts';
import type { WebFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

const defaultAddress = '127.0.0.1:9091';

/** `cronsync web`: serves the operator's page until it is stopped. */
export async function webCommand(
  address: string | undefined,
  flags: WebFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { host, port } = addressOf(address ?? defaultAddress);
  const setting = await loadSetting(flags, terminal);
  const access = pageAccess(setting, host, flags.readOnly === true);
  await using open = await openPage(setting, { access, host, names: flags.host ?? [], files: bundledFiles() });
  const hint = 'Give another address: "cronsync web 127.0.0.1:9092".';
  await using server = await listenOn(open.page.listener, { host, port }, hint);
  const url = shownUrl(server.url, host);
  terminal.report(`cronsync: the page of ${setting.config.name} is at ${url}/`);
  const login = open.page.loginPath();
  if (login === null) terminal.report('cronsync: without SYNC_WEB_TOKEN it is view only, for everybody on this host');
  else terminal.report(`cronsync: this link logs in once, within a minute: ${url}${login}`);
  if (!signal.aborted) await once(signal, 'abort');
  return ExitCode.ok;
}

function addressOf(text: string): ListenAddress {
  const address = parseAddress(text);
  if (address) return address;
  throw new UsageError(`${text} is not an address; nothing was read`, {
    hint: `Write one such as ${defaultAddress} or :9091.`,
  });
}

/** A server on every address is reached by this host's own, from here. */
function shownUrl(url: string, host: string): string {
  const { port } = new URL(url);
  if (host === '' || host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return host === 'localhost' ? `http://localhost:${port}` : url;
}
