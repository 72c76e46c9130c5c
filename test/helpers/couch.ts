import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** A document, without what the server adds to it. */
export interface CouchDoc {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** A database of CouchDB's dialect that somebody else has written: PouchDB's own server. */
export interface Couch extends AsyncDisposable {
  /** Of the database. */
  readonly url: string;
  /** Path and query of what the tool has asked for since the last look. */
  asked(): string[];
  /** Writes documents, new ones and new versions, as one request each thousand. */
  write(docs: readonly CouchDoc[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** What the server says that it has. */
  docs(): Promise<CouchDoc[]>;
}

interface PouchConstructor {
  plugin(plugin: unknown): void;
  defaults(options: object): unknown;
}

let databases = 0;
let app: RequestListener | undefined;

/** Serves one database, in memory. */
export async function aCouch(docs: readonly CouchDoc[]): Promise<Couch> {
  app ??= anApp();
  const answer = app;
  const arrivals: string[] = [];
  const server = createServer((request, response) => {
    if (request.headers['x-test'] === undefined) arrivals.push(request.url ?? '');
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // In memory, all databases of a process are one another's neighbours, and one server must know them all.
  databases += 1;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/db${databases}`;

  const ask = async (path: string, body?: object): Promise<unknown> => {
    const headers = { 'x-test': 'own', 'content-type': 'application/json' };
    const content = body && { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { method: path === '' ? 'PUT' : 'GET', headers, ...content });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const revisions = async (ids: readonly string[]) => {
    const { rows } = (await ask('/_all_docs', { keys: ids })) as { rows: { id: string; value?: { rev: string } }[] };
    return new Map(rows.map(({ id, value }) => [id, value?.rev]));
  };
  const write = async (changed: readonly CouchDoc[]) => {
    for (let at = 0; at < changed.length; at += 1000) {
      const part = changed.slice(at, at + 1000);
      const known = await revisions(part.map(({ _id }) => _id));
      await ask('/_bulk_docs', { docs: part.map((doc) => ({ ...doc, _rev: known.get(doc._id) })) });
    }
  };

  await ask('');
  await write(docs);
  return {
    url,
    asked: () => arrivals.splice(0),
    write,
    remove: (ids) => write(ids.map((_id) => ({ _id, _deleted: true }))),
    async docs() {
      const { rows } = (await ask('/_all_docs?include_docs=true')) as { rows: { doc: CouchDoc }[] };
      return rows.map(({ doc }) => doc);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function anApp(): RequestListener {
  const require = createRequire(import.meta.url);
  const PouchDB: PouchConstructor = require('pouchdb-core');
  PouchDB.plugin(require('pouchdb-adapter-memory'));
  const options = { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: '/dev/null' };
  return require('express-pouchdb')(PouchDB.defaults({ adapter: 'memory' }), options);
}
