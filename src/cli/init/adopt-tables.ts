import { checkConfig } from '../../config/load.ts';
import { ConfigError, StopError } from '../../errors.ts';
import { adopted, type Candidate, columnNames, tableNames, withResource } from '../../init/adopt.ts';
import { configOf, type TargetDraft } from '../../init/config.ts';
import type { Draft, ResourceDraft } from '../../init/draft.ts';
import type { ResourceTable } from '../../table.ts';
import type { TargetReader } from '../../target.ts';
import { hurried } from '../ask/ask-stores.ts';
import { openReader, type Setting, settingFor } from '../open/app.ts';
import { compileResources } from '../open/compile-resources.ts';
import type { Terminal } from '../terminal.ts';
import type { Asker } from './ask/asker.ts';
import { variablesNamedIn } from './ask/auth.ts';

/** A draft whose resources know the tables that they go to. */
export interface Adopted {
  readonly draft: Draft;
  /** The table of each resource, where it is not called as the resource. */
  readonly tables: Readonly<Record<string, string>>;
}

export interface Adopting {
  readonly name: string;
  readonly target: TargetDraft;
  readonly asker: Asker | null;
  /** What a person has named as the table. */
  readonly table: string | undefined;
}

/**
 * Looks at the tables of the target that may already hold what comes. One is adopted if a person says so, or if it is called as
 * the resource. Nothing is written. A target that cannot be reached is left to `check`. Throws `StopError` at Ctrl-C.
 */
export async function adoptTables(draft: Draft, adopting: Adopting, terminal: Terminal): Promise<Adopted> {
  const { table } = adopting;
  const [only] = draft.adapter.resources;
  const named = only && table !== undefined ? { [only.name]: table } : {};
  const setting = settingOf(draft, adopting, terminal);
  if (setting === null) return { draft, tables: named };
  try {
    await using reader = await openReader(setting, hurried(setting).timings);
    return await adoptAll(draft, setting, reader, adopting);
  } catch (error) {
    if (error instanceof StopError) throw error;
    terminal.log.debug(`the tables were not looked at: ${String(error)}`);
    return { draft, tables: named };
  }
}

async function adoptAll(
  draft: Draft,
  setting: Setting,
  reader: TargetReader,
  { asker, table }: Adopting,
): Promise<Adopted> {
  let found = draft;
  const tables: Record<string, string> = {};
  for (const [at, { table: compiled }] of (await compileResources(setting)).entries()) {
    const resource = draft.adapter.resources[at];
    if (resource === undefined) continue;
    const wanted = at === 0 && table !== undefined ? [table] : tableNames(resource);
    const candidate = await firstFound(reader, compiled, resource, wanted);
    const isMeant = candidate !== null && (await isAdopted(candidate, resource, asker, table));
    if (at === 0 && table !== undefined && table !== resource.name) tables[resource.name] = table;
    if (candidate === null) continue;
    found = { ...found, notes: [...found.notes, noteOf(candidate, resource, isMeant)] };
    if (isMeant) found = { ...found, adapter: withResource(found.adapter, adopted(resource, candidate)) };
    if (isMeant && candidate.table !== resource.name) tables[resource.name] = candidate.table;
    if (!isMeant && candidate.table === resource.name) tables[resource.name] = `${resource.name}_synced`;
  }
  return { draft: found, tables };
}

async function firstFound(
  reader: TargetReader,
  table: ResourceTable,
  resource: ResourceDraft,
  names: readonly string[],
): Promise<Candidate | null> {
  for (const name of names) {
    const candidate = await lookAt(reader, { ...table, table: name }, resource);
    if (candidate !== null) return candidate;
  }
  return null;
}

/** Asks the target for the columns in each way to write them. */
async function lookAt(reader: TargetReader, table: ResourceTable, resource: ResourceDraft): Promise<Candidate | null> {
  const matches = new Map<string, string>();
  for (let way = 0; way < 3; way += 1) {
    const asked = resource.fields.map((field, at) => ({
      field: field.name,
      column: columnNames(field)[way],
      kind: table.columns[at]?.kind,
    }));
    const known = asked.flatMap(({ field, column, kind }) =>
      column === undefined || kind === undefined || matches.has(field)
        ? []
        : [{ field, column: { name: column, kind } }],
    );
    if (known.length === 0) continue;
    const columns = known.map(({ column }) => column);
    const { exists, missingColumns } = await reader.inspect({ ...table, columns, mapped: columns, key: [] });
    if (!exists) return null;
    const isFree = (name: string) => !missingColumns.includes(name) && ![...matches.values()].includes(name);
    for (const { field, column } of known) if (isFree(column.name)) matches.set(field, column.name);
  }
  return { table: table.table, matches };
}

async function isAdopted(
  candidate: Candidate,
  resource: ResourceDraft,
  asker: Asker | null,
  table: string | undefined,
): Promise<boolean> {
  if (candidate.table === table) return true;
  if (asker) return asker.isRight(`Adopt the table ${candidate.table}? ${shareOf(candidate, resource)}.`);
  return candidate.table === resource.name;
}

function noteOf(candidate: Candidate, resource: ResourceDraft, isMeant: boolean): string {
  const { table } = candidate;
  if (!isMeant)
    return `the table ${table} stays as it is (${shareOf(candidate, resource)}); --table ${table} adopts it`;
  const missing = resource.fields.filter(({ name }) => !candidate.matches.has(name)).map(({ name }) => name);
  const rest = missing.length === 0 ? '' : `; the first run adds ${missing.join(', ')}`;
  return `the table ${table} is adopted: ${shareOf(candidate, resource)}${rest}. Look at the plan before the first run`;
}

function shareOf({ matches }: Candidate, { fields }: ResourceDraft): string {
  return `${matches.size} of ${fields.length} fields match`;
}

/** What is needed to ask the target; null where a variable of it is not set. */
function settingOf(draft: Draft, { name, target }: Adopting, terminal: Terminal): Setting | null {
  const { cwd, env } = terminal.caller;
  if (variablesNamedIn(JSON.stringify(target)).some((variable) => !env[variable])) return null;
  const adapter = { ...draft.adapter, auth: null, headers: {}, baseUrl: 'https://api.example.com' };
  const content = configOf({ adapter: withoutVariables(adapter) }, { name, target });
  try {
    return settingFor(checkConfig({ path: 'the command line', dir: cwd, content }, env), terminal);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** Only the shape of the resources matters here. */
function withoutVariables(adapter: Draft['adapter']): Draft['adapter'] {
  const resources = adapter.resources.map(({ headers: _headers, body: _body, ...resource }) => ({
    ...resource,
    path: '',
    query: {},
  }));
  return { ...adapter, resources };
}
