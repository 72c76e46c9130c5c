import { resolve } from 'node:path';
import type { HttpResponse } from '../../adapter.ts';
import { documentIn, readBody } from '../../adapters/rest/document.ts';
import { ConfigError, CredentialsError, messageOf, UsageError } from '../../errors.ts';
import { createFileClient } from '../../http/saved-answers.ts';
import type { Answer } from '../../init/answer/answer.ts';
import type { AuthDraft } from '../../init/draft.ts';
import { type Location, locationOf } from '../../init/location.ts';
import { adapterName, fromVariable, variableName } from '../../init/names.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { askAuth, parseAuth, variablesOf } from './ask/auth.ts';
import type { Known } from './known.ts';
import { keptPage, oneHit } from './one-hit.ts';
import { probeSetting } from './probe-setting.ts';

/** One page of the API, and how it was asked for. */
export interface PageRead {
  readonly answer: Answer;
  readonly location: Location;
  readonly adapter: string;
  readonly auth: AuthDraft | null;
  /** The file that holds the page, as a person types it. */
  readonly file: string;
  readonly hits: number;
}

/** Reads the page that `--from` names: a URL costs one hit, a file costs none. */
export async function readPage(from: string, flags: InitFlags, known: Known, terminal: Terminal): Promise<PageRead> {
  if (/^https?:\/\//i.test(from)) return readUrl(parseUrl(from, '--from'), flags, known, terminal);
  const written =
    flags.url ??
    (await known.asker?.write('The URL that the page came from:', 'https://api.example.com/customers', urlProblem));
  if (written === undefined) {
    throw new UsageError(`--from ${from} is a file: --url says where its page came from; nothing was written`, {
      hint: `Write it so: "cronsync init --from ${from} --url https://api.example.com/customers".`,
    });
  }
  const location = locationOf(parseUrl(written, '--url'));
  const adapter = adapterName(location.url);
  const client = createFileClient(resolve(terminal.caller.cwd, from));
  const answer = await answerOf(await client.request({ url: location.url }));
  return { answer, location, adapter, auth: authOf(flags, location, adapter), file: from, hits: 0 };
}

async function readUrl(from: URL, flags: InitFlags, known: Known, terminal: Terminal): Promise<PageRead> {
  const location = locationOf(from);
  const adapter = adapterName(location.url);
  const ask = async (auth: AuthDraft | null, hits: number): Promise<PageRead> => {
    demandVariables(auth, location, terminal);
    const setting = probeSetting({ ...known, adapter, baseUrl: location.baseUrl, auth }, terminal);
    if (!terminal.isQuiet) terminal.report(`cronsync: one hit is made: GET ${shownUrl(location)}`);
    try {
      const answer = await answerOf(await oneHit(setting, location.url, known.signal));
      return { answer, location, adapter, auth, file: keptPage, hits: hits + 1 };
    } catch (error) {
      const { asker } = known;
      if (!(error instanceof CredentialsError) || error.status !== 401 || asker === null || auth !== null) throw error;
      return ask(await askAuth(asker, adapter), hits + 1);
    }
  };
  return ask(authOf(flags, location, adapter), 0);
}

async function answerOf(response: HttpResponse): Promise<Answer> {
  return { url: response.url, headers: response.headers, document: documentIn(await readBody(response), response) };
}

/** What `--auth` says; a credential in the URL itself becomes a variable. */
function authOf({ auth }: InitFlags, { secretParameters, hasUser }: Location, adapter: string): AuthDraft | null {
  if (auth !== undefined) return parseAuth(auth);
  const [param] = secretParameters;
  if (param !== undefined) return { type: 'query', param, value: fromVariable(variableName(adapter, param)) };
  if (!hasUser) return null;
  return {
    type: 'basic',
    username: fromVariable(variableName(adapter, 'user')),
    password: fromVariable(variableName(adapter, 'password')),
  };
}

function demandVariables(auth: AuthDraft | null, location: Location, { caller: { env } }: Terminal): void {
  const unset = variablesOf(auth).filter((name) => !env[name]);
  if (unset.length === 0) return;
  const isOfUrl = location.secretParameters.length > 0 || location.hasUser;
  const why = isOfUrl ? 'the URL has credentials in it, which a config does not keep, and ' : '';
  throw new ConfigError(`${why}${unset.join(' and ')} ${unset.length === 1 ? 'is' : 'are'} not set; no hit was made`, {
    hint: `Set ${unset.length === 1 ? 'the variable' : 'the variables'}, then run it again: "export ${unset[0]}=…".`,
  });
}

function shownUrl({ url }: Location): string {
  return url.href;
}

/** Reads the URL that a flag has. Throws `UsageError`. */
export function parseUrl(text: string, flag: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw new UsageError(`${flag} ${text} is not a URL: ${messageOf(cause)}; no hit was made`, { cause });
  }
}

/** What is wrong with a URL that a person types. */
export function urlProblem(text: string): string | undefined {
  return /^https?:\/\/./.test(text) && URL.canParse(text) ? undefined : 'A URL that begins with https:// or http://.';
}
