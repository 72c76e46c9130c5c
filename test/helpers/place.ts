import type { TargetType } from './crash-points.ts';
import { aFaultProxy } from './fault-proxy.ts';
import { aPostgres } from './postgres.ts';
import type { aProject } from './sync.ts';

/** The target of a world. */
export interface Place {
  readonly target: NonNullable<Parameters<typeof aProject>[0]['target']>;
  /** Ends all connections to the database. Does nothing for a file. */
  cut(): Promise<void>;
}

/** A SQLite file, or a Postgres database behind a proxy. `opening` disposes of what is opened here. */
export async function aPlace(target: TargetType, opening: AsyncDisposableStack): Promise<Place> {
  if (target === 'sqlite') return { target, cut: async () => {} };
  const database = opening.use(await aPostgres());
  const proxy = await aFaultProxy(database.port);
  opening.defer(proxy.stop);
  const cut = () => proxy.goAway().then(proxy.comeBack);
  return { target: { ...database, url: database.urlFor({ port: proxy.port }) }, cut };
}
