import type { HttpClient } from '../../src/adapter.ts';
import type { Pagination } from '../../src/adapters/rest/options.ts';
import { ThirdPartyError } from '../../src/errors.ts';
import type { Row } from './sync.ts';

/** A third party in memory, in the order of its keys, that remembers when each record was away. */
export interface ModelParty {
  readonly http: HttpClient;
  put(key: number, value: number): void;
  remove(key: number): void;
  /** The next request is answered 500. */
  failNext(): void;
  /** What happens after each of the next requests, one after another; what is left over happens after the last of them. */
  between(actions: readonly (() => void)[]): void;
  /** What is left over happens now, and then nothing does any more. */
  calm(): void;
  records(): Row[];
  /** Whether the record was away at some time since the latest first page was asked for. */
  wasAway(id: string): boolean;
}

export function paginationOf(kind: 'cursor' | 'offset', limit: number): Pagination {
  if (kind === 'offset') return { type: 'offset', param: 'offset', limitParam: 'limit', limit };
  return { type: 'cursor', next: 'next', param: 'after', stable: true };
}

export function aModelParty(kind: 'cursor' | 'offset', pageSize: number): ModelParty {
  const values = new Map<string, number>();
  const lastAway = new Map<string, number>();
  let actions: (() => void)[] = [];
  let isFailing = false;
  let time = 0;
  let passStart = 0;

  const records = (): Row[] => [...values].map(([id, value]) => ({ id, value })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const pageOf = ({ searchParams }: URL) => {
    const all = records();
    const after = searchParams.get('after');
    const from = kind === 'cursor' ? all.findIndex(({ id }) => after === null || String(id) > after) : 0;
    const start = kind === 'cursor' ? (from < 0 ? all.length : from) : Number(searchParams.get('offset'));
    const data = all.slice(start, start + pageSize);
    const next = start + pageSize < all.length ? (data.at(-1)?.id ?? null) : null;
    return { data, total: all.length, next };
  };
  const isFirst = ({ searchParams }: URL) => !searchParams.has('after') && Number(searchParams.get('offset')) === 0;

  return {
    http: {
      async request({ url }) {
        time += 1;
        if (isFirst(url)) passStart = time;
        const body = Buffer.from(JSON.stringify(pageOf(url)));
        const fails = isFailing;
        isFailing = false;
        actions.shift()?.();
        time += 1;
        if (fails) throw new ThirdPartyError('the third party answered 500', { backsOff: 'resource' });
        return { status: 200, url, headers: {}, body: toStream(body) };
      },
    },
    put(key, value) {
      const id = idOf(key);
      if (!values.has(id)) lastAway.set(id, time);
      values.set(id, value);
    },
    remove: (key) => void values.delete(idOf(key)),
    failNext: () => {
      isFailing = true;
    },
    between(next) {
      for (const action of actions) action();
      actions = [...next];
    },
    calm() {
      for (const action of actions) action();
      actions = [];
      isFailing = false;
    },
    records,
    wasAway: (id) => !values.has(id) || (lastAway.get(id) ?? 0) >= passStart,
  };
}

function idOf(key: number): string {
  return `thing${String(key).padStart(2, '0')}`;
}

async function* toStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
