import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { PodMonitor, PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { KubernetesObject } from './kubernetes.ts';

const keda = '@kubernetes-models/keda/keda.sh/v1alpha1';
const prometheus = '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';

/** The kinds that operators bring, with what checks their values, and where their types are. Both are made from the CRDs. */
const kinds = {
  ScaledObject: { model: ScaledObject, types: keda },
  TriggerAuthentication: { model: TriggerAuthentication, types: keda },
  PodMonitor: { model: PodMonitor, types: prometheus },
  PrometheusRule: { model: PrometheusRule, types: prometheus },
} as const;

export function isCustom({ kind }: KubernetesObject): boolean {
  return kind in kinds;
}

/** What is wrong with objects of these kinds: values by their schemas, and members that nobody knows by their types. */
export function customProblems(objects: readonly KubernetesObject[]): string {
  if (objects.length === 0) return '';
  return [...objects.map(wrongValue), unknownMembers(objects)].filter((problem) => problem !== '').join('\n');
}

function kindOf({ kind }: KubernetesObject) {
  const known = Object.entries(kinds).find(([name]) => name === kind);
  if (!known) throw new Error(`no schema is known of ${kind}`);
  return known[1];
}

function wrongValue(object: KubernetesObject): string {
  const { model: Model } = kindOf(object);
  try {
    // Its own types want a literal. What is wrong is thrown.
    new Model(object as never).validate();
    return '';
  } catch (error) {
    return `${object.kind} ${object.metadata.name}: ${error}`;
  }
}

/** TypeScript refuses what a type does not have in a literal, at any depth. */
function unknownMembers(objects: readonly KubernetesObject[]): string {
  const folder = fileURLToPath(new URL('../../node_modules/.cache/custom-resources', import.meta.url));
  const lines = objects.map((object, at) => {
    const type = `import('${kindOf(object).types}').I${object.kind}`;
    return `export const object${at}: ${type} = ${JSON.stringify(object, null, 2)};\n`;
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'objects.mts'), lines.join(''));
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', 'node'];
  const { status, stdout, stderr } = spawnSync('tsc', ['--ignoreConfig', ...options, 'objects.mts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stdout + stderr;
}
