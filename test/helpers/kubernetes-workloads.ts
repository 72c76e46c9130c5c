import type { KubernetesObject } from './kubernetes.ts';

type Labels = Readonly<Record<string, string>>;

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** A label selector of Kubernetes, as far as our manifests use it. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly Expression[];
}

/** A pod as a CronJob or a Deployment starts it. */
export interface Workload {
  /** The name of what starts it. */
  readonly name: string;
  readonly kind: string;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

export interface PodSpec extends Readonly<Record<string, unknown>> {
  readonly containers: readonly [Container];
  readonly volumes: readonly Volume[];
}

export interface Container extends Readonly<Record<string, unknown>> {
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}

/** Every pod that the objects start. */
export function workloadsIn(objects: readonly KubernetesObject[]): readonly Workload[] {
  return objects.flatMap(({ kind, metadata: { name }, spec }) => {
    const template = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template;
    return template ? [{ name, kind, labels: template.metadata.labels, spec: template.spec }] : [];
  });
}

/** Whether a selector selects what has these labels. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, operator, values }) => operator === 'In' && values.includes(labels[key] ?? ''))
  );
}

export function named<T extends { readonly name: string }>(name: string, among: readonly T[] = []): T {
  const found = among.find((one) => one.name === name);
  if (!found) throw new Error(`there is no ${name} among ${among.map((one) => one.name).join(', ')}`);
  return found;
}
