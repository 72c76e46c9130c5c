import { ConfigError } from '../errors.ts';
import type { TargetReader } from '../target.ts';
import type { MatchedResource } from './identify.ts';

/** Why a resource without `match` cannot be read from an adapter, one sentence each. Also for a dry run and `cronsync check`. */
export async function unmatchedProblems(
  { table }: Pick<MatchedResource, 'table'>,
  adapter: string,
  target: TargetReader,
): Promise<string[]> {
  const alias = table.match ? null : await target.foreignAlias(table.resource, adapter);
  if (alias === null) return [];
  const [native, key] = alias;
  return [
    `"match" of ${table.resource} was removed, and the record that ${adapter} calls ${native} has the key ${key} here: ` +
      'with its ids as keys, one record would overwrite another',
  ];
}

/** Throws if ids of this adapter would be taken for keys that they are not. Nothing was fetched. */
export async function refuseUnmatched(
  resource: Pick<MatchedResource, 'table'>,
  adapter: string,
  target: TargetReader,
): Promise<void> {
  const problems = await unmatchedProblems(resource, adapter, target);
  if (problems.length === 0) return;
  throw new ConfigError(`${problems.join('; ')}; no hit was made, nothing was written`, {
    hint: `Put "match" back. It must stay as long as ${adapter} is read.`,
  });
}
