import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { freePort } from './free-port.ts';

const bin = fileURLToPath(new URL('../../node_modules/.bin/octokit-fixtures-server', import.meta.url));

/** GitHub's own answers, as the Octokit project recorded them (@octokit/fixtures). */
export interface RecordedGithub extends AsyncDisposable {
  /** Loads a scenario; gives the URL that stands for https://api.github.com. Each of its answers is given once. */
  load(scenario: string): Promise<string>;
}

export async function aRecordedGithub(): Promise<RecordedGithub> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [bin, '--port', String(port), '--fixtures-url', url, '--log-level', 'error', '--ttl', '600000'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  await vi.waitFor(() => fetch(url), { timeout: 20_000, interval: 50 });
  return {
    async load(scenario) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/fixtures`, { method: 'POST', headers, body: JSON.stringify({ scenario }) });
      return ((await answer.json()) as { readonly url: string }).url;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
    },
  };
}
