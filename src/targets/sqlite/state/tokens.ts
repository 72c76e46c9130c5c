import type { RefreshTokens } from '../../../refresh-tokens.ts';
import { chainKeeper } from '../../sql/tokens/chain-keeper.ts';
import { enterChain, keptChainOf, selectChain, updateChain } from '../../sql/tokens/chain-rows.ts';
import { ask, bookOf, change } from '../book.ts';
import type { Connection } from '../connection/connection.ts';

/** The refresh tokens of a file, on this machine's clock. All syncs of the file share them. */
export function tokenKeeper(connection: Connection, name: string): RefreshTokens {
  const book = bookOf(name);
  return chainKeeper((chain, decide) =>
    connection.transaction(() => {
      change(connection, enterChain(book, chain));
      const [row = {}] = ask(connection, selectChain(book, chain));
      const { keeps, answer } = decide(keptChainOf(row), Date.now());
      change(connection, [updateChain(book, chain, keeps)]);
      return answer;
    }),
  );
}
