import { join } from 'node:path';
import { loadSetting } from '../../src/cli/open/app.ts';
import { openPage } from '../../src/cli/page/open-page.ts';
import type { Access } from '../../src/web/page.ts';
import { aTerminal } from '../cli/a-terminal.ts';
import type { Project } from './sync.ts';

export const operateToken = 'the-token-of-operators-0123456789';
export const viewToken = 'the-token-of-viewers-0123456789';

/** An answer of the page, read to its end. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** What a person reads of it. */
  readonly text: string;
}

/** The page of a project, in the test's own process, over its real stores. */
export interface TestPage extends AsyncDisposable {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<PageAnswer>;
  /** Sends a form as a browser does from our own page, unless the headers say otherwise. */
  post(
    path: string,
    form?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PageAnswer>;
  /** Logs in with a token; from then on the requests have the session. */
  login(token: string): Promise<PageAnswer>;
  loginPath(): string | null;
}

/** Opens the page of a project. Without an access, everybody may look. */
export async function aPage(project: Pick<Project, 'dir'>, access: Partial<Access> = {}): Promise<TestPage> {
  const setting = await loadSetting({ config: join(project.dir, 'sync.config.json') }, aTerminal());
  const open = await openPage(setting, {
    access: { tokens: {}, isReadOnly: false, ...access },
    host: '127.0.0.1',
    names: [],
    files: { style: 'body {}', script: '' },
  });
  let cookie: string | undefined;
  const send = async (path: string, init: RequestInit): Promise<PageAnswer> => {
    const headers = new Headers(init.headers);
    if (cookie !== undefined && !headers.has('cookie')) headers.set('cookie', cookie);
    const response = await open.page.request(path, { ...init, headers });
    const html = await response.text();
    return { status: response.status, headers: response.headers, html, text: textOf(html) };
  };
  const post: TestPage['post'] = (path, form = {}, headers = {}) =>
    send(path, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { origin: 'http://localhost', 'sec-fetch-site': 'same-origin', ...headers },
    });
  return {
    get: (path, headers = {}) => send(path, { headers }),
    post,
    async login(token) {
      const answer = await post('/login', { token });
      cookie = answer.headers.get('set-cookie')?.split(';')[0];
      return answer;
    },
    loginPath: () => open.page.loginPath(),
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

function textOf(html: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
  };
  return html
    .replace(/<(script|style|title)\b[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity)
    .replace(/\s+/g, ' ');
}
