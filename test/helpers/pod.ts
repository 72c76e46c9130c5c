import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, eventually, startSync } from './child.ts';
import { freePort } from './free-port.ts';
import type { KubernetesObject } from './kubernetes.ts';
import { type Container, named, type Probe, type Volume, workloadsIn } from './kubernetes-workloads.ts';

export interface PodOptions {
  readonly objects: readonly KubernetesObject[];
  /** The name of the CronJob or the Deployment. */
  readonly workload: string;
  /** The files of the Secret, by key. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the manifests name and this machine has elsewhere, such as the third party. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

/**
 * A container that this machine starts as a node would: with the arguments, variables and files that the manifest gives it, and
 * asked by its probes. Each volume is a folder; a path of a mount, and a port, become those of this machine.
 */
export class Pod implements AsyncDisposable {
  readonly child: Child;
  readonly #container: Container;
  readonly #port: number;
  readonly #folder: string;

  static async start({ objects, workload, secrets, elsewhere = {} }: PodOptions): Promise<Pod> {
    const { spec } = named(workload, workloadsIn(objects));
    const folder = mkdtempSync(join(tmpdir(), 'cronsync-pod-'));
    const [container] = spec.containers;
    const port = await freePort();
    const ports = container.ports?.map(({ containerPort }) => [`:${containerPort}`, `127.0.0.1:${port}`]) ?? [];
    const mounts = container.volumeMounts.map(({ name, mountPath }) => [mountPath, join(folder, name)]);
    const here = translator([...Object.entries(elsewhere), ...mounts, ...ports] as [string, string][]);
    for (const volume of spec.volumes) fill(join(folder, volume.name), filesOf(volume, objects, secrets), here);
    return new Pod(container, port, folder, here);
  }

  private constructor(container: Container, port: number, folder: string, here: (text: string) => string) {
    this.#container = container;
    this.#port = port;
    this.#folder = folder;
    const env = Object.fromEntries(container.env?.map(({ name, value }) => [name, here(value)]) ?? []);
    this.child = startSync(container.args.map(here), {
      cwd: folder,
      env: { ...env, KUBERNETES_SERVICE_HOST: '127.0.0.1', TMPDIR: join(folder, 'tmp') },
      bundle: 'published',
    });
  }

  /** Waits until both probes succeed. */
  async ready(): Promise<void> {
    const { livenessProbe, readinessProbe } = this.#container;
    await eventually(async () => (await this.#isFine(livenessProbe)) && (await this.#isFine(readinessProbe)));
  }

  /** As the kubelet asks, and as Prometheus does: by the address of the pod. */
  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#port}${path}`, { headers, redirect: 'manual' });
  }

  /** What is on a volume. */
  files(volume: string): readonly string[] {
    return readdirSync(join(this.#folder, volume));
  }

  async #isFine(probe: Probe | undefined): Promise<boolean> {
    if (!probe) throw new Error('the container has no such probe');
    named(probe.httpGet.port, this.#container.ports);
    const { status } = await this.get(probe.httpGet.path);
    return status >= 200 && status < 400;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.child.finished;
    rmSync(this.#folder, { recursive: true });
  }
}

/** Translates in one go, so that nothing is translated twice; what is longer is found first. */
function translator(places: readonly [from: string, to: string][]): (text: string) => string {
  const longestFirst = places.toSorted(([a], [b]) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(([from]) => from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
  const to = new Map(places);
  return (text) => text.replace(pattern, (found) => to.get(found) ?? found);
}

function filesOf(volume: Volume, objects: readonly KubernetesObject[], secrets: PodOptions['secrets']) {
  if (volume.secret) return secrets;
  const { configMap } = volume;
  if (!configMap) return {};
  const found = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap.name);
  if (!found?.data) throw new Error(`there is no ConfigMap ${configMap.name}`);
  return found.data;
}

function fill(folder: string, files: Readonly<Record<string, string>>, here: (text: string) => string): void {
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), here(text));
}
