import { isUtf8 } from 'node:buffer';
import { resolve } from 'node:path';
import { $RefParser, JSONParserErrorGroup } from '@apidevtools/json-schema-ref-parser';
import { load } from 'js-yaml';
import { ConfigError, messageOf, UsageError } from '../../errors.ts';
import { isMembers, type Members } from '../../init/json-places.ts';
import { locationOf } from '../../init/location.ts';
import { adapterName } from '../../init/names.ts';
import { Api } from '../../init/openapi/api.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { parseAuth } from './ask/auth.ts';
import type { Known } from './known.ts';
import { oneHit } from './one-hit.ts';
import { probeSetting } from './probe-setting.ts';

/** The file that a document from a URL is kept in. */
const keptDocument = '.cronsync/openapi.http';

/** A document that was read, and where it came from if that is a URL. */
export interface DocumentRead {
  readonly api: Api;
  readonly from: URL | null;
  /** References that lead nowhere. */
  readonly missing: readonly string[];
}

/** Reads an OpenAPI document: a file, with the files that it refers to, or a URL, which costs one hit. Throws if it is not one. */
export async function readOpenApi(
  source: string,
  known: Known,
  flags: InitFlags,
  terminal: Terminal,
): Promise<DocumentRead> {
  const from = /^https?:\/\//i.test(source) ? URL.parse(source) : null;
  const document = from ? await fetched(from, known, flags, terminal) : resolve(terminal.caller.cwd, source);
  const { document: joined, missing } = await withoutReferences(document, source);
  return { api: new Api(demandOpenApi3(joined, source)), from, missing };
}

async function fetched(url: URL, known: Known, { auth }: InitFlags, terminal: Terminal): Promise<Members> {
  const location = locationOf(url);
  const adapter = adapterName(location.url);
  const proof = auth === undefined ? null : parseAuth(auth);
  const setting = probeSetting({ ...known, adapter, baseUrl: location.baseUrl, auth: proof }, terminal);
  if (!terminal.isQuiet) terminal.report(`cronsync: one hit is made: GET ${location.url.href}`);
  const { body } = await oneHit(setting, location.url, known.signal, keptDocument);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const parsed = isUtf8(bytes) ? parsedText(bytes.toString(), url.href) : undefined;
  if (isMembers(parsed)) return parsed;
  throw new ConfigError(`${url.href} is not an OpenAPI document; nothing was written`);
}

function parsedText(text: string, source: string): unknown {
  try {
    return text.trimStart().startsWith('{') ? JSON.parse(text) : load(text);
  } catch (cause) {
    throw notReadable(source, cause);
  }
}

interface Joined {
  readonly document: unknown;
  /** What a reference names, and cannot be followed: an example, often, or a file that was not published. */
  readonly missing: readonly string[];
}

/** Joins the files of a document. Nothing is fetched: each request would be a hit. */
async function withoutReferences(document: string | Members, source: string): Promise<Joined> {
  const parser = new $RefParser();
  const resolve = { http: false as const, ...(typeof document !== 'string' && { file: false as const }) };
  const options = { resolve, continueOnError: true };
  try {
    await (typeof document === 'string' ? parser.bundle(document, options) : parser.bundle({ ...document }, options));
    return { document: parser.schema, missing: [] };
  } catch (cause) {
    if (!(cause instanceof JSONParserErrorGroup) || !isMembers(parser.schema)) throw notReadable(source, cause);
    return { document: parser.schema, missing: cause.errors.map(({ message }) => message) };
  }
}

function notReadable(source: string, cause: unknown): ConfigError {
  return new ConfigError(`the document ${source} cannot be read: ${messageOf(cause)}; nothing was written`, {
    cause,
    hint: 'It must be JSON or YAML. What it refers to must be in it, or in files beside it: nothing else is fetched.',
  });
}

function demandOpenApi3(document: unknown, source: string): Members {
  if (isMembers(document) && /^3\./.test(String(document.openapi))) return document;
  const version = isMembers(document) ? document.swagger : undefined;
  const what = version === undefined ? 'not an OpenAPI document' : `of version ${String(version)}`;
  throw new UsageError(`${source} is ${what}; nothing was written`, {
    hint: 'OpenAPI 3.0 and 3.1 are read. Converters bring an older document up to date.',
  });
}
