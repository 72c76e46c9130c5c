import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { InvalidConfigError, type Problem } from '../../src/config/problems.ts';

/** A folder with these files, gone when the test is over. Objects become JSON. */
export async function aFolder(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** Writes the config to a folder of its own and loads it from there. */
export async function load(config: unknown, options: Partial<LoadOptions> = {}) {
  const cwd = await aFolder({ 'sync.config.json': config });
  return loadConfig({ cwd, env: {}, ...options });
}

/** What is wrong with a config. */
export async function problemsOf(config: unknown, options: Partial<LoadOptions> = {}): Promise<readonly Problem[]> {
  const thrown = await load(config, options).catch((error: unknown) => error);
  if (thrown instanceof InvalidConfigError) return thrown.problems;
  throw new Error('the config was expected to have problems', { cause: thrown });
}

/** A small config without problems, with parts of it replaced. */
export function aConfig(parts: Readonly<Record<string, unknown>> = {}) {
  return { name: 'crm', adapter: 'acme', resources: { customers }, adapters: { acme }, ...parts };
}

export const customers = {
  key: 'id',
  schema: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      email: { type: ['string', 'null'], format: 'email' },
      state: { type: 'string' },
    },
    required: ['id'],
  },
};

export const acme = {
  type: 'rest',
  baseUrl: 'https://api.acme.example/v1',
  resources: { customers: { path: '/customers', map: { id: 'id', email: 'contact.email' } } },
};
