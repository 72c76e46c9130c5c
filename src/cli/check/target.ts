import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { unmatchedProblems } from '../../match/unmatched.ts';
import type { Resource } from '../../pass/resource.ts';
import type { TargetReader } from '../../target.ts';
import { hurried } from '../ask/ask-stores.ts';
import { openReader, type Setting } from '../open/app.ts';
import { compileResources } from '../open/compile-resources.ts';
import { bad, type Finding, findingsOr, good, note } from './finding.ts';
import { checkRefreshToken } from './refresh-token.ts';

/** The target as a run would find it: the folder and its rights, the server, the rights of the role, each table. */
export async function checkTarget(setting: Setting): Promise<readonly Finding[]> {
  const unwritable = unwritablePlace(setting);
  if (unwritable !== undefined) return [bad('target', unwritable)];
  return findingsOr('target', async () => {
    await using target = await openReader(setting, hurried(setting).timings);
    const { version } = await target.server();
    const found = good('target', `${target.label} (${version})`);
    const { compiled, findings } = await findingsOrResources(setting);
    if (findings.length > 0) return [found, ...findings];
    return [
      found,
      ...(await checkRefreshToken(setting, target)),
      ...(await checkRights(compiled, target)),
      ...(await findingsOr('tables', () => checkTables(compiled, setting, target))),
    ];
  });
}

async function checkRights(resources: readonly Resource[], target: TargetReader): Promise<readonly Finding[]> {
  const rights = await target.rights(resources.map(({ table }) => table));
  if (rights === null) return [];
  const { role, missing } = rights;
  if (missing.length === 0) return [good('rights', `the role ${role} may do what a run does`)];
  return missing.map((sentence) => bad('rights', sentence));
}

async function checkTables(
  resources: readonly Resource[],
  { config }: Setting,
  target: TargetReader,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const resource of resources) findings.push(...(await checkTable(resource, config.adapter, target)));
  return findings;
}

/** An expression that does not compile has a finding of its own, with its path. */
async function findingsOrResources(setting: Setting) {
  let compiled: readonly Resource[] = [];
  const findings = await findingsOr('tables', async () => {
    compiled = await compileResources(setting);
    return [];
  });
  return { compiled, findings };
}

async function checkTable(resource: Resource, adapter: string, target: TargetReader): Promise<readonly Finding[]> {
  const { table } = resource;
  const what = `table ${table.table}`;
  const { exists, missingColumns, warnings, ...state } = await target.inspect(table);
  const problems = [...state.problems, ...(await unmatchedProblems(resource, adapter, target))];
  if (problems.length > 0) return problems.map((problem) => bad(what, problem));
  const missing = missingColumns.join(', ');
  const columns = !exists
    ? note(what, 'does not exist yet; the first run creates it')
    : missing === ''
      ? good(what, 'has every column')
      : note(what, `the next run adds ${missing}`);
  return [columns, ...warnings.map((warning) => note(what, warning))];
}

/** What keeps a run from writing its SQLite file. A run creates the file, but not its folder. */
function unwritablePlace({ config: { target } }: Setting): string | undefined {
  if (target.type !== 'sqlite') return undefined;
  const folder = dirname(target.file);
  if (!existsSync(folder)) return `a run cannot create ${target.file}: the folder ${folder} does not exist. Create it`;
  const places = existsSync(target.file) ? [folder, target.file] : [folder];
  const refused = places.find((place) => !isWritable(place));
  return refused && `a run cannot write ${target.file}: this user may not write ${refused}. Change its rights`;
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
