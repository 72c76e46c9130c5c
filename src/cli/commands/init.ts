import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, ExitCode, messageOf } from '../../errors.ts';
import type { GlobalOptions } from '../program/flags.ts';
import type { Console } from '../terminal.ts';

/** `sync init`: writes a config to start from. It overwrites nothing unless told to. */
export async function initCommand(options: GlobalOptions & { force?: boolean }, console: Console): Promise<ExitCode> {
  const file = options.config ?? 'sync.config.json';
  const path = resolve(console.caller.cwd, file);
  if (existsSync(path) && !options.force) {
    throw new ConfigError(`${file} is there already; nothing was written`, {
      hint: '"sync init --force" overwrites it',
    });
  }
  try {
    writeFileSync(path, `${JSON.stringify(starter, null, 2)}\n`);
  } catch (error) {
    throw new ConfigError(`${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  if (console.isJson) console.print(JSON.stringify({ file }));
  else if (!console.isQuiet) console.print(`${console.out.green('wrote')} ${file}\n${nextSteps}`);
  return ExitCode.ok;
}

const nextSteps = `next:
  1. put your API's URL, its fields and your columns into it
  2. sync check              looks at config, Redis and database; makes no hit
  3. sync run --dry-run      shows what would change; writes nothing
  4. sync                    does it`;

const starter = {
  $schema: './node_modules/cronsync/sync.schema.json',
  name: 'crm',
  adapter: 'acme',
  resources: {
    customers: {
      key: 'id',
      schema: {
        type: 'object',
        properties: { id: { type: 'string' }, email: { type: 'string' }, state: { type: 'string' } },
        required: ['id'],
      },
    },
  },
  adapters: {
    acme: {
      type: 'rest',
      baseUrl: 'https://api.acme.example/v1',
      auth: { type: 'bearer', token: '$' + '{ACME_TOKEN}' },
      throttle: { hits: 1, per: '60s' },
      resources: {
        customers: {
          path: '/customers',
          query: { limit: 500 },
          records: 'data',
          pagination: { type: 'cursor', next: 'meta.next_cursor', param: 'cursor' },
          map: { id: 'id', email: 'contact.email', state: 'status' },
        },
      },
    },
  },
  target: { type: 'sqlite', file: './sync.db' },
  redis: { url: '$' + '{REDIS_URL:-redis://127.0.0.1:6379}' },
};
