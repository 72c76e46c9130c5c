import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { groupNamesOf } from '../../src/listener.ts';
import { syncKeys } from '../../src/redis/keys.ts';
import { blocksOf, readPage } from '../helpers/documents.ts';
import {
  type KubernetesObject,
  kubectl,
  kubernetesFolder,
  kustomized,
  objectsIn,
  schemaProblems,
} from '../helpers/kubernetes.ts';
import { named, workloadsIn } from '../helpers/kubernetes-workloads.ts';

let objects: readonly KubernetesObject[];
beforeAll(() => {
  objects = kustomized('overlays/production');
});

function only(kind: string, name: string): KubernetesObject {
  const ofKind = objects.filter((object) => object.kind === kind);
  return named(
    name,
    ofKind.map((object) => ({ ...object, name: object.metadata.name })),
  );
}

interface Trigger {
  readonly metadata: Readonly<Record<string, string>>;
  readonly authenticationRef: { readonly name: string };
}

test('KEDA asks for the lag and for what is pending of each group of the config, and starts no more daemons than have work', () => {
  const [{ data = {} } = {}] = objects.filter(({ kind, data }) => kind === 'ConfigMap' && data?.['sync.config.json']);
  const { name, listeners } = JSON.parse(data['sync.config.json'] ?? '{}');
  const { spec } = only('ScaledObject', 'cronsync-listen');
  const shards = Object.values<{ shards?: number }>(listeners).map((listener) => listener.shards ?? 1);
  expect(spec.maxReplicaCount).toBe(Math.max(...shards));
  expect(spec.minReplicaCount).toBe(1);

  const groups = Object.entries<{ shards?: number }>(listeners).flatMap(([listener, options]) =>
    groupNamesOf(listener, options.shards ?? 1),
  );
  const triggers: readonly Trigger[] = spec.triggers;
  const asked = triggers.map(({ metadata: { address, stream, consumerGroup, ...limit } }) => [
    ...[address, stream, consumerGroup],
    Object.keys(limit).join(),
  ]);
  const { events } = syncKeys('sync', name);
  const expected = groups.flatMap((group) => ['lagCount', 'pendingEntriesCount'].map((limit) => [group, limit]));
  expect(asked).toEqual(expected.map(([group, limit]) => ['redis.crm.svc:6379', events, group, limit]));
});

test('KEDA scales a Deployment that has no number of its own, with a login that is there', () => {
  const { spec } = only('ScaledObject', 'cronsync-listen');
  const { spec: deployment } = only('Deployment', spec.scaleTargetRef.name);
  expect(deployment).not.toHaveProperty('replicas');
  const triggers: readonly Trigger[] = spec.triggers;
  const logins = new Set(triggers.map(({ authenticationRef }) => authenticationRef.name));
  expect([...logins].map((login) => only('TriggerAuthentication', login).kind)).toEqual(['TriggerAuthentication']);
});

test('everything is in the namespace that is made, which allows only pods that are locked in', () => {
  const [namespace, ...others] = objects.filter(({ kind }) => kind === 'Namespace');
  expect(others).toEqual([]);
  expect(namespace?.metadata.labels).toEqual({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  const elsewhere = objects.filter(
    (object) => object !== namespace && object.metadata.namespace !== namespace?.metadata.name,
  );
  expect(elsewhere.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([]);
});

test('the dashboard is where the sidecar of Grafana looks', () => {
  const { metadata, data = {} } = only('ConfigMap', 'cronsync-dashboard');
  expect(metadata.labels).toEqual({ grafana_dashboard: '1' });
  expect(JSON.parse(data['cronsync.json'] ?? '{}')).toHaveProperty('uid', 'cronsync');
});

test('an overlay as the docs show it changes the image, the config and the host of the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronsync-overlay-'));
  cpSync(kubernetesFolder, folder, { recursive: true });
  const [block] = blocksOf(readPage('docs/deploy.md')).filter(({ text }) => text.includes('overlays/ours/'));
  mkdirSync(join(folder, 'overlays/ours'));
  writeFileSync(join(folder, 'overlays/ours/kustomization.yaml'), block?.text ?? '');
  writeFileSync(join(folder, 'overlays/ours/sync.config.json'), '{}');
  const ours = objectsIn(kubectl('kustomize', join(folder, 'overlays/ours')));
  rmSync(folder, { recursive: true });

  expect(schemaProblems(ours)).toBe('');
  const workloads = workloadsIn(ours);
  const images = workloads.map(({ spec }) => spec.containers[0].image);
  expect(new Set(images)).toEqual(new Set(['registry.ours.example/crm-sync:1.4.2']));
  expect(named('cronsync-web', workloads).spec.containers[0].args).toContain('sync.ours.example');
  expect(ours.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => data)).toEqual([
    { 'sync.config.json': '{}' },
  ]);
});
