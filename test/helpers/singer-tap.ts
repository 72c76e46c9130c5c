import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Pip, pythonPrograms } from './python.ts';

/** A tap, and what is installed for it. Each has an environment of its own, and one test file: none is made twice at once. */
interface TapSource {
  readonly program: string;
  readonly packages: readonly string[];
  /** A sample tap of the SDK, which no registry has: a folder of the SDK's own source package. */
  readonly sample?: { readonly sdk: string; readonly folder: string };
}

const sdk = '0.54.9';
const sources = {
  /** Reads a file of JSON lines. Made with the Singer SDK. */
  jsonl: { program: 'tap-jsonl', packages: ['tap-jsonl==0.3.1', 'singer-sdk==0.53.7'] },
  /** Reads a SQLite file: the sample of the Singer SDK itself. */
  sqlite: {
    program: 'tap-sqlite',
    packages: [`singer-sdk==${sdk}`, 'msgspec==0.22.0', 'sqlalchemy==2.0.51'],
    sample: { sdk, folder: 'packages/meltano-tap-sqlite' },
  },
  /** Reads any HTTP API. Made with an older Singer SDK, whose states look differently. */
  rest: { program: 'tap-rest-api-msdk', packages: ['tap-rest-api-msdk==1.4.2', 'singer-sdk==0.40.0'] },
} satisfies Record<string, TapSource>;

/** The program of a real tap, in a virtual environment that is made on the first call. */
export function aRealTap(name: keyof typeof sources): string {
  const { program, packages, sample }: TapSource = sources[name];
  const folder = pythonPrograms(`singer-${name}`, packages, (pip, environment) => {
    if (sample) installSample(sample, pip, environment);
  });
  return join(folder, program);
}

function installSample({ sdk: version, folder }: Required<TapSource>['sample'], pip: Pip, environment: string): void {
  const download = join(environment, 'source');
  mkdirSync(download);
  pip([
    ...['download', '--quiet', '--no-deps', '--no-binary', 'singer-sdk', '--dest', download],
    `singer-sdk==${version}`,
  ]);
  const unpacked = `singer_sdk-${version}`;
  execFileSync('tar', ['-xzf', join(download, `${unpacked}.tar.gz`), '-C', download], { stdio: 'pipe' });
  // The sample takes its version from git, where there is one around it: not from ours.
  const env = { SETUPTOOLS_SCM_PRETEND_VERSION: version };
  pip(['install', '--quiet', '--no-deps', join(download, unpacked, folder)], env);
}

/** What the tap itself says that it can read, as it says it. */
export function discover(program: string, configFile: string): Catalog {
  return JSON.parse(execFileSync(program, ['--config', configFile, '--discover'], { stdio: 'pipe', encoding: 'utf8' }));
}

export interface Catalog {
  readonly streams: readonly CatalogEntry[];
}

export type CatalogEntry = Readonly<Record<string, unknown>> & { readonly metadata?: readonly CatalogMetadata[] };

interface CatalogMetadata {
  readonly breadcrumb: readonly string[];
  readonly metadata: object;
}

/** A catalog entry as a user edits it: this stream, read by this method. */
export function selected({ metadata = [], ...entry }: CatalogEntry, method: string, key?: string): CatalogEntry {
  const ofTable = { ...metadata.find(({ breadcrumb }) => breadcrumb.length === 0)?.metadata, selected: true };
  return {
    ...entry,
    replication_method: method,
    ...(key !== undefined && { replication_key: key }),
    metadata: [
      ...metadata.filter(({ breadcrumb }) => breadcrumb.length > 0),
      { breadcrumb: [], metadata: { ...ofTable, 'forced-replication-method': method } },
    ],
  };
}
