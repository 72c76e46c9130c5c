import type { Bearer, Clues } from '../identity.ts';
import type { AskClues } from '../match/identify.ts';
import type { Spool } from '../spool.ts';
import type { ResourceTable } from '../table.ts';
import type { TargetReader } from '../target.ts';

/** Asks the target for clues, and adds what a run would have stored of the pages of this pass. */
export function askInDryRun(
  table: ResourceTable,
  adapter: string,
  { target, spool }: { readonly target: TargetReader; readonly spool: Spool },
): AskClues {
  return async (arrived) => {
    const known = await target.clues(table, adapter, arrived);
    const natives = arrived.map(({ native }) => native);
    const keys = known.flatMap(({ namesake, lookalikes }) => [...lookalikes, ...(namesake ? [namesake] : [])]);
    const claims = spool.remembered(table.resource, { natives, keys: keys.map(({ key }) => key) });
    const keyOf = new Map(claims.map(([native, key]) => [native, key]));
    const takenBy = new Map(claims.map(([native, key]) => [key, native]));
    return arrived.map(({ native }, n) => overlaid(known[n], keyOf.get(native), takenBy));
  };
}

function overlaid(clues: Clues | undefined, claimed: string | undefined, takers: ReadonlyMap<string, string>): Clues {
  const taken = (bearer: Bearer): Bearer => ({ ...bearer, takenBy: bearer.takenBy ?? takers.get(bearer.key) ?? null });
  const { alias = null, namesake = null, lookalikes = [] } = clues ?? {};
  return { alias: alias ?? claimed ?? null, namesake: namesake && taken(namesake), lookalikes: lookalikes.map(taken) };
}
