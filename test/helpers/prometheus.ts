import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './child.ts';
import { freePort } from './free-port.ts';

/** One series that answers an expression. */
interface Series {
  readonly metric: Readonly<Record<string, string>>;
}

/** A real Prometheus on a free port, with this text as its config, which finds these files beside it. */
export class Prometheus implements AsyncDisposable {
  readonly #url: string;
  readonly #stop: () => Promise<void>;

  static async start(config: string, files: Readonly<Record<string, string>>): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'cronsync-prometheus-'));
    for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': config })) {
      writeFileSync(join(folder, name), text);
    }
    const port = await freePort();
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log += text;
    });
    const isMissing = once(child, 'error').then(([cause]) => {
      throw new Error('prometheus is missing: apt-get install prometheus', { cause });
    });
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, async () => {
      child.kill('SIGTERM');
      await once(child, 'close');
      rmSync(folder, { recursive: true });
    });
    const isReady = eventually(async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended: ${log}`);
      return (await fetch(`${prometheus.#url}/-/ready`)).ok;
    });
    await Promise.race([isMissing, isReady]);
    isMissing.catch(() => {});
    return prometheus;
  }

  private constructor(url: string, stop: () => Promise<void>) {
    this.#url = url;
    this.#stop = stop;
  }

  /** What answers an expression now; it throws for one that Prometheus does not understand. */
  async query(expression: string): Promise<readonly Series[]> {
    const { result } = await this.#get<{ result: readonly Series[] }>(`query?query=${encodeURIComponent(expression)}`);
    return result;
  }

  /** Its rules: the names, and whether the last evaluation of each worked. */
  async rules(): Promise<readonly { readonly name: string; readonly health: string }[]> {
    const { groups } = await this.#get<{ groups: readonly { rules: readonly { name: string; health: string }[] }[] }>(
      'rules',
    );
    return groups.flatMap(({ rules }) => rules);
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const answer = (await response.json()) as { readonly data: T; readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.data;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }
}
