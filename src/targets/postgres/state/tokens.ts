import type { RefreshTokens } from '../../../refresh-tokens.ts';
import { chainKeeper } from '../../sql/tokens/chain-keeper.ts';
import { enterChain, keptChainOf, selectChain, updateChain } from '../../sql/tokens/chain-rows.ts';
import { ask, bookOf, change } from '../book.ts';
import type { Place, Transact } from '../schema.ts';

const clock = { now: 'floor(extract(epoch FROM clock_timestamp()) * 1000)', lock: 'FOR UPDATE' };

/** The refresh tokens of a schema, on the database's clock. All syncs whose tables are in this schema share them. */
export function tokenKeeper(transact: Transact, place: Place, name: string): RefreshTokens {
  const book = bookOf(place, name);
  return chainKeeper((chain, decide) =>
    transact(async (session) => {
      await change(session, enterChain(book, chain));
      const [row = {}] = await ask(session, selectChain(book, chain, clock));
      const { keeps, answer } = decide(keptChainOf(row), Number(row.now));
      await change(session, [updateChain(book, chain, keeps)]);
      return answer;
    }),
  );
}
