import type { Provoked } from './situation.ts';

/** What somebody reads of a sync: the verdict, and its problems, worst first. */
export interface Reading {
  readonly verdict: string;
  readonly problems: readonly { readonly id: string; readonly next: string }[];
}

/** A place where the verdict is shown. Each must show the same. */
export interface Reader {
  readonly name: string;
  readonly read: (provoked: Provoked) => Promise<Partial<Reading>>;
}

export const readers: readonly Reader[] = [
  {
    name: 'status --json',
    async read({ project, env }) {
      const { json } = await project.sync(['status', '--json'], env ? { env } : {});
      const { verdict, problems } = json<{ verdict: { is: string }; problems: Reading['problems'] }>();
      return { verdict: verdict.is, problems };
    },
  },
];
