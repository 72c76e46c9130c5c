import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApp } from './app.tsx';
import type { AppOptions } from './app-options.ts';

export type { Actions, Actor } from './actions.ts';
export { assetsOf } from './assets.ts';
export type { Access } from './protect/access.ts';
export type { HeldSample } from './read/held-sample.ts';
export type { Sources } from './read/sources.ts';

/** The operator's page. It is a bundle of its own, which is loaded when the page is asked for. */
export interface Page {
  /** Answers a request, as tests send it. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Answers a request of node:http. */
  listener(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The path of a link that logs in once, for a minute; null where nobody has to log in. */
  loginPath(): string | null;
  /** Ends every live stream. */
  close(): void;
}

export function createPage(options: AppOptions): Page {
  const { app, loginPath, close } = createApp(options);
  return {
    request: async (path, init) => app.request(path, init),
    listener: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    loginPath,
    close,
  };
}
