import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, ExitCode, messageOf } from '../../errors.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync init`: writes a config to start from. Overwrites a file only with `--force`. */
export async function initCommand(options: InitFlags, terminal: Terminal): Promise<ExitCode> {
  const file = options.config ?? 'sync.config.json';
  const path = resolve(terminal.caller.cwd, file);
  if (existsSync(path) && !options.force) {
    throw new ConfigError(`${file} exists already; nothing was written`, {
      hint: '"cronsync init --force" overwrites it.',
    });
  }
  try {
    writeFileSync(path, `${JSON.stringify(starter, null, 2)}\n`);
  } catch (error) {
    throw new ConfigError(`${file} cannot be written: ${messageOf(error)}; nothing was written`, {
      cause: error,
      hint: 'Make sure that its folder exists and that this user may write there.',
    });
  }
  if (terminal.isJson) terminal.print(JSON.stringify({ file }));
  else if (!terminal.isQuiet) terminal.print(`${terminal.out.green('wrote')} ${file}\n${nextSteps(terminal.command)}`);
  return ExitCode.ok;
}

function nextSteps(command: string): string {
  const column = (words: string) => `${command}${words}`.padEnd(`${command} run --dry-run`.length);
  return `next:
  1. put your API's URL, its fields and your columns into it
  2. ${column(' check')}    checks config, Redis and database; makes no hit
  3. ${column(' run --dry-run')}    shows what would change; writes nothing
  4. ${column('')}    writes it`;
}

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
