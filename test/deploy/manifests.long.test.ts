import { beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/program/program.ts';
import { defaultTimings } from '../../src/timings.ts';
import { customProblems, isCustom } from '../helpers/custom-resources.ts';
import { type KubernetesObject, kustomized, schemaProblems } from '../helpers/kubernetes.ts';
import { named, type Selector, selects, type Workload, workloadsIn } from '../helpers/kubernetes-workloads.ts';

const folders = ['base', 'overlays/minimal', 'overlays/production'];

describe.each(folders)('%s', (folder) => {
  let objects: readonly KubernetesObject[];
  let workloads: readonly Workload[];
  beforeAll(() => {
    objects = kustomized(folder);
    workloads = workloadsIn(objects);
  });
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const selectedBy = (selector: Selector) => workloads.filter(({ labels }) => selects(selector, labels));

  test('fits the schemas of Kubernetes and of the operators, without unknown members', () => {
    expect(schemaProblems(objects.filter((object) => !isCustom(object)))).toBe('');
    expect(customProblems(objects.filter(isCustom))).toBe('');
  });

  test('every container is locked in, and says what it needs', () => {
    expect(workloads.length).toBeGreaterThan(0);
    for (const { spec } of workloads) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          ...{ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            image: expect.stringMatching(/^[\w./-]+:\d+\.\d+\.\d+$/),
            securityContext: {
              ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
              capabilities: { drop: ['ALL'] },
            },
            resources: {
              requests: { cpu: expect.any(String), memory: expect.any(String) },
              limits: { memory: expect.any(String) },
            },
          },
        ],
      });
      expect(Object.keys(spec)).not.toContain('initContainers');
    }
  });

  test('every pod has time to end in order', () => {
    for (const { spec } of workloads) {
      expect(Number(spec.terminationGracePeriodSeconds) * 1000).toBeGreaterThan(defaultTimings.drainMs);
    }
  });

  test('what a pod mounts is there: its config by a name that changes with the content, its secrets as files', () => {
    for (const { spec } of workloads) {
      const [{ volumeMounts }] = spec.containers;
      const mounted = (path: string) => named(named(path, volumeMounts.map(byPath)).volume, spec.volumes);
      const config = mounted('/etc/cronsync').configMap?.name ?? '';
      expect(config).toMatch(/^cronsync-config-\w{10}$/);
      const maps = ofKind('ConfigMap').filter(({ metadata }) => metadata.name === config);
      expect(maps.map(({ data }) => Object.keys(data ?? {}))).toEqual([['sync.config.json']]);
      expect(mounted('/run/secrets/cronsync').secret).toEqual({ secretName: 'cronsync', defaultMode: 0o440 });
      expect(mounted('/tmp')).toHaveProperty('emptyDir');
      expect(ofKind('ServiceAccount').map(({ metadata }) => metadata.name)).toContain(spec.serviceAccountName);
      for (const { persistentVolumeClaim } of spec.volumes as readonly { persistentVolumeClaim?: ClaimName }[]) {
        if (!persistentVolumeClaim) continue;
        const claims = ofKind('PersistentVolumeClaim').map(({ metadata }) => metadata.name);
        expect(claims).toContain(persistentVolumeClaim.claimName);
      }
    }
  });

  test('our own command line takes the arguments of each container', async () => {
    for (const { spec } of workloads) {
      const [{ args, env }] = spec.containers;
      expect(await parseCommandLine(args, process)).toHaveProperty('run');
      expect(named('SYNC_CONFIG', env).value).toBe('/etc/cronsync/sync.config.json');
    }
  });

  test('a run starts each minute, at most once at a time, and is its own retry', () => {
    const jobs = ofKind('CronJob').map(({ spec }) => spec);
    expect(jobs).toMatchObject([
      {
        ...{ schedule: '* * * * *', concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 45 },
        jobTemplate: { spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never' } } } },
      },
    ]);
    for (const { jobTemplate } of jobs) {
      const { activeDeadlineSeconds, template } = jobTemplate.spec;
      expect(activeDeadlineSeconds * 1000).toBeGreaterThan(defaultTimings.runMs + defaultTimings.stopRelayMs);
      expect(template.spec.containers[0].args.join(' ')).toContain('--locked-exit-code 0');
    }
  });

  test('a selector selects the pods that it is for, by a port that they have', () => {
    for (const { metadata, spec } of ofKind('Deployment')) {
      expect(selectedBy(spec.selector).map(({ name }) => name)).toEqual([metadata.name]);
      for (const spread of spec.template.spec.topologySpreadConstraints ?? []) {
        expect(spread.labelSelector).toEqual(spec.selector);
      }
    }
    for (const { metadata, spec } of ofKind('PodDisruptionBudget')) {
      expect(selectedBy(spec.selector).map(({ name }) => name)).toEqual([metadata.name]);
    }
    for (const { metadata, spec } of [...ofKind('Service'), ...ofKind('PodMonitor')]) {
      const chosen = selectedBy(spec.podMetricsEndpoints ? spec.selector : { matchLabels: spec.selector });
      expect(chosen.map(({ name }) => name)).toEqual([metadata.name]);
      for (const { targetPort, port } of spec.ports ?? spec.podMetricsEndpoints) {
        expect(portsOf(chosen)).toContain(targetPort ?? port);
      }
    }
  });

  test('a pod reaches what it needs and nothing else, and is reached at its port only', () => {
    const policies = ofKind('NetworkPolicy');
    expect(policies.filter(({ spec }) => selectedBy(spec.podSelector).length === 0)).toEqual([]);
    for (const workload of workloads) {
      const ours = policies.filter(({ spec }) => selects(spec.podSelector, workload.labels)).map(({ spec }) => spec);
      // A direction of which no policy speaks would be open.
      expect(ours.flatMap(({ policyTypes }) => policyTypes)).toEqual(expect.arrayContaining(['Ingress', 'Egress']));
      const out = portsIn(ours.flatMap(({ egress = [] }) => egress));
      const isPage = workload.name === 'cronsync-web';
      expect(out.toSorted(byNumber)).toEqual([53, 53, ...(isPage ? [] : [443]), 5432, 6379]);
      expect(portsIn(ours.flatMap(({ ingress = [] }) => ingress))).toEqual(portsOf([workload]));
    }
  });
});

interface ClaimName {
  readonly claimName: string;
}

function byNumber(a: number | string, b: number | string): number {
  return Number(a) - Number(b);
}

function byPath({ name, mountPath }: { readonly name: string; readonly mountPath: string }) {
  return { name: mountPath, volume: name };
}

function portsOf(workloads: readonly Workload[]): readonly string[] {
  return workloads.flatMap(({ spec }) => spec.containers[0].ports?.map(({ name }) => name) ?? []);
}

/** Of rules of a policy, each of which must have ports: one without allows all. */
function portsIn(rules: readonly { readonly ports: readonly { readonly port: number | string }[] }[]) {
  return rules.flatMap(({ ports }) => ports.map(({ port }) => port));
}

test('what is wrong in a manifest is found', () => {
  const [job] = kustomized('base').filter(({ kind }) => kind === 'CronJob');
  const misspelt = JSON.parse(JSON.stringify(job).replace('backoffLimit', 'backofLimit'));
  expect(schemaProblems([misspelt])).toContain("'backofLimit' was unexpected");

  const custom = kustomized('overlays/production').filter(isCustom);
  const scaled = custom.find(({ kind }) => kind === 'ScaledObject');
  const monitor = custom.find(({ kind }) => kind === 'PodMonitor');
  if (!scaled || !monitor) throw new Error('neither kind may be missing');
  const text = { ...monitor, spec: { ...monitor.spec, podMetricsEndpoints: [{ port: 'metrics', interval: 'often' }] } };
  expect(customProblems([text])).toContain('interval');
  const unknown = { ...scaled, spec: { ...scaled.spec, maxReplicas: 2 } };
  expect(customProblems([unknown])).toContain(`'"maxReplicas"' does not exist`);
});
