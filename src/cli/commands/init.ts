import { readEnvFiles } from '../../config/env-file.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { openAsker } from '../init/ask/asker.ts';
import { schemaPath, writeConfig } from '../init/config-file.ts';
import { configFlag } from '../init/config-flag.ts';
import { type Known, knownOf } from '../init/known.ts';
import type { InitFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `cronsync init`: writes a config, and overwrites one only with `--force`. What it holds comes from one page of the API, from
 * an OpenAPI document, or from a manifest of Airbyte; without any of them it is one to edit.
 */
export async function initCommand(given: InitFlags, terminal: Terminal): Promise<ExitCode> {
  const sources = [given.from, given.openapi, given.airbyte].filter((source) => source !== undefined);
  if (sources.length > 1)
    throw new UsageError('--from, --openapi and --airbyte exclude each other; nothing was written');
  const { cwd, env } = terminal.caller;
  Object.assign(env, readEnvFiles({ cwd, env, file: given.config, envFiles: given.envFile }).variables);
  const asker = await openAsker(terminal, given.yes);
  const known = knownOf(given, asker, terminal);
  if (asker === null || sources.length > 0) return initFrom(known, given, terminal);
  const { askWhatIsWanted } = await import('../init/ask/wizard.ts');
  const { flags, target = known.target } = await askWhatIsWanted(asker, given);
  return initFrom({ ...known, target }, flags, terminal);
}

async function initFrom(known: Known, flags: InitFlags, terminal: Terminal): Promise<ExitCode> {
  if (flags.from !== undefined) {
    const { initFromPage } = await import('../init/from-page.ts');
    return initFromPage(flags.from, known, flags, terminal);
  }
  if (flags.openapi !== undefined) {
    const { initFromOpenApi } = await import('../init/from-openapi.ts');
    return initFromOpenApi(flags.openapi, known, flags, terminal);
  }
  if (flags.airbyte !== undefined) {
    const { initFromAirbyte } = await import('../init/from-airbyte.ts');
    return initFromAirbyte(flags.airbyte, known, flags, terminal);
  }
  return writeStarter(known, flags, terminal);
}

function writeStarter({ place, target }: Known, { name = starter.name }: InitFlags, terminal: Terminal): ExitCode {
  writeConfig({ ...starter, name, target }, place, terminal.caller);
  const { isJson, isQuiet, out } = terminal;
  if (isJson) terminal.print(JSON.stringify(starterDocument(place.file, terminal)));
  else if (!isQuiet) terminal.print(`${out.green('wrote')} ${place.file}\n${nextSteps(place.file, terminal)}`);
  return ExitCode.ok;
}

/** As after looking at an API, but nothing is known. */
function starterDocument(file: string, { command, caller }: Terminal): object {
  const config = configFlag(file, caller);
  const commands = [`${command} check${config}`, `${command} run --dry-run${config}`, `${command}${config}`];
  return { file, resources: [], leftOut: [], notes: [], page: null, hits: 0, nextPage: null, commands, schedule: '' };
}

function nextSteps(file: string, { command, caller }: Terminal): string {
  const config = configFlag(file, caller);
  const column = (words: string) => `${command}${words}${config}`.padEnd(`${command} run --dry-run${config}`.length);
  return `next:
  1. put your API's URL, its fields and your columns into it
  2. ${column(' check')}    checks config, Redis and database; makes no hit
  3. ${column(' run --dry-run')}    shows what would change; writes nothing
  4. ${column('')}    writes it`;
}

const starter = {
  $schema: schemaPath,
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
