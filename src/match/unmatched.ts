import { ConfigError } from '../errors.ts';
import type { TargetReader } from '../target.ts';
import type { MatchedResource } from './identify.ts';

/** What keeps a resource without `match` from being read from an adapter, one sentence each; for a dry run and `sync check` too. */
export async function unmatchedProblems(
  { table }: Pick<MatchedResource, 'table'>,
  adapter: string,
  target: TargetReader,
): Promise<string[]> {
  const alias = table.match ? null : await target.foreignAlias(table.resource, adapter);
  if (alias === null) return [];
  const [native, key] = alias;
  return [
    `"match" of ${table.resource} is gone, and what ${adapter} calls ${native} has the key ${key} here: ` +
      'with its ids as keys, one record would be written over another',
  ];
}

/** Fails where this adapter's ids would be taken for keys that they are not. Nothing was fetched. */
export async function refuseUnmatched(
  resource: Pick<MatchedResource, 'table'>,
  adapter: string,
  target: TargetReader,
): Promise<void> {
  const problems = await unmatchedProblems(resource, adapter, target);
  if (problems.length === 0) return;
  throw new ConfigError(`${problems.join('; ')}; no hit was made, nothing was written`, {
    hint: `Put "match" back: it stays as long as ${adapter} is read.`,
  });
}
