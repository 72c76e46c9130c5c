import type { TargetType } from './crash-points.ts';
import { aFaultProxy } from './fault-proxy.ts';
import { aPostgres } from './postgres.ts';
import type { aProject } from './sync.ts';

/** Where the rows of a world are. */
export interface Place {
  readonly target: NonNullable<Parameters<typeof aProject>[0]['target']>;
  /** Ends all connections to the database, if it is a server. */
  cut(): Promise<void>;
}

/** A file, or a database behind a proxy; what is opened for it goes with `opening`. */
export async function aPlace(target: TargetType, opening: AsyncDisposableStack): Promise<Place> {
  if (target === 'sqlite') return { target, cut: async () => {} };
  const database = opening.use(await aPostgres());
  const proxy = await aFaultProxy(database.port);
  opening.defer(proxy.stop);
  const cut = () => proxy.goAway().then(proxy.comeBack);
  return { target: { ...database, url: database.urlFor({ port: proxy.port }) }, cut };
}
