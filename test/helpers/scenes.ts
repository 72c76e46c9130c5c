import { expect } from 'vitest';
import type { Reader } from './reader.ts';
import { linkPackage } from './tarball.ts';

/** What a reader of a page has already, or does between its commands in words that are not a command. */
export interface Scene {
  /** Before the first command of the page. */
  readonly open?: (reader: Reader) => unknown;
  /** Before the command that begins with this line. */
  readonly before?: Readonly<Record<string, (reader: Reader) => unknown>>;
}

const people = [1, 2, 3, 4, 5].map((id) => ({ id, name: `Person ${id}` }));

/** The pages of docs/ that have commands, and the README. */
export const scenes: Readonly<Record<string, Scene>> = {
  'README.md': {
    open: (reader) => {
      const found = [{ id: 'c1', contact: { email: 'ada@example.com' }, status: 'active' }];
      reader.answer('GET /customers', JSON.stringify({ data: found }));
    },
    before: {
      'npx cronsync check            # checks config, adapter, Redis and tables; makes no hit': async (reader) => {
        // The minute after the hit of `init` is over, and the API allows more.
        await reader.redis.client.flushall();
        reader.change('sync.config.json', ({ adapters, ...config }) => {
          const [[name = '', adapter] = []] = Object.entries(adapters as object);
          return { ...config, adapters: { [name]: { ...adapter, throttle: { per: '1s' } } } };
        });
      },
      'PATH=/usr/local/bin:/usr/bin:/bin': async (reader) => {
        const { output } = await reader.type('npx cronsync events');
        expect(output).toContain('customers.created c1');
      },
    },
  },
  'docs/tutorial.md': {},
  'docs/init.md': { open: (reader) => reader.type('npm i cronsync') },
  'docs/adapters.md': {
    open: async (reader) => {
      for (const from of [0, 2, 4]) {
        const next = from < 4 ? String(from + 2) : null;
        reader.answer(`GET /people?from=${from}`, JSON.stringify({ rows: people.slice(from, from + 2), next }));
      }
      await reader.type('export OURS_TOKEN=of-ours');
    },
    before: {
      'npx cronsync swap --to lab --dry-run': (reader) => {
        reader.write('people.json', JSON.stringify(people.with(0, { id: 1, name: 'Ada' })));
        const lab = { type: 'file', resources: { people: { path: './people.json' } } };
        reader.change('sync.config.json', ({ adapters, ...config }) => ({
          ...config,
          adapters: { ...(adapters as object), lab },
        }));
      },
    },
  },
  'docs/operations.md': { open: openShop },
  'docs/web.md': {
    open: async (reader) => {
      await openShop(reader);
      reader.replace('127.0.0.1:9091', '127.0.0.1:0');
    },
  },
  'docs/listeners.md': {
    open: openShop,
    before: {
      'npx cronsync dead list --listener notify          # the error, and how often it was tried': async (reader) => {
        reader.write('notify.sh', '#!/bin/sh\nexit 65\n');
        serveCustomers(reader, 19);
        await reader.type('npx cronsync run --max-pages 1\nnpx cronsync listen --drain');
        const { output } = await reader.type('npx cronsync dead list --json');
        reader.replace('notify:1-1841', JSON.parse(output).deadLetters[0].id);
        reader.write('notify.sh', '#!/bin/sh\nexit 0\n');
      },
    },
  },
  'docs/troubleshooting.md': {
    open: openShop,
    before: {
      'npx cronsync run --allow-mass-delete=16': async (reader) => {
        serveCustomers(reader, 4);
        await reader.fails('npx cronsync', 3);
      },
      'npx cronsync rejects list': async (reader) => {
        serveCustomers(reader, 4, { email: { is: 'an object' } });
        await reader.fails('npx cronsync', 65);
      },
      'npx cronsync': async (reader) => {
        serveCustomers(reader, 4);
        await reader.redis.client.set('{sync:crm}:lock', JSON.stringify({ token: 'of-another', holder: null }));
      },
    },
  },
};

/** A project that has run once, with a listener. */
async function openShop(reader: Reader): Promise<void> {
  serveCustomers(reader, 20);
  reader.write('notify.sh', '#!/bin/sh\nexit 0\n');
  reader.write('sync.config.json', JSON.stringify(shop));
  linkPackage(reader.folder);
  await reader.type('chmod +x notify.sh\nnpx cronsync');
}

function serveCustomers(reader: Reader, count: number, odd: object = {}): void {
  const records = Array.from({ length: count }, (_, id) => ({ id, email: `${id}@example.com`, ...(id === 0 && odd) }));
  reader.answer('GET /customers', JSON.stringify(records));
}

const shop = {
  name: 'crm',
  adapter: 'acme',
  resources: {
    customers: { key: 'id', schema: { properties: { id: { type: 'integer' }, email: { type: 'string' } } } },
  },
  adapters: {
    acme: { type: 'rest', baseUrl: 'https://api.example.com', resources: { customers: { path: '/customers' } } },
  },
  listeners: { notify: { on: ['*'], from: 'beginning', type: 'exec', command: ['./notify.sh'] } },
};
