import { type Context, Hono } from 'hono';
import { type Acting, addActs } from './act/add-acts.tsx';
import { addApi } from './api.ts';
import type { AppOptions } from './app-options.ts';
import { documentOf } from './document.tsx';
import type { Env } from './env.ts';
import { pathOf, streamOf } from './live/stream-of.ts';
import { Viewers } from './live/viewers.ts';
import { Broken, NotFound } from './parts/broken.tsx';
import { canAnybodyOperate, isOpen } from './protect/access.ts';
import type { Door } from './protect/door.ts';
import { FailedLogins } from './protect/failed-logins.ts';
import { guard } from './protect/guard.ts';
import { addLogin } from './protect/login.tsx';
import { LoginLinks } from './protect/login-links.ts';
import { Sessions } from './protect/sessions.ts';
import { within } from './read/within.ts';
import type { Content, Screen, ScreenRequest } from './screen.ts';
import { screens } from './screens/screens.ts';

export interface App {
  readonly app: Hono<Env>;
  loginPath(): string | null;
  close(): void;
}

/** The page as one Hono app: protection first, then login, the screens with their live copies, and the API. */
export function createApp(options: AppOptions): App {
  const { access } = options;
  const viewers = new Viewers(options.pollMs);
  const door = doorOf(options);
  const app = new Hono<Env>();
  guard(app, door, options.assets);
  addLogin(app, door);
  for (const screen of screens) addScreen(app, screen, options, viewers);
  if (canAnybodyOperate(access)) addActs(app, actingOf(options));
  addApi(app, options);
  addEnds(app, options);
  return {
    app,
    loginPath: () => (isOpen(access) ? null : `/login/${door.links.issue()}`),
    close: () => viewers.close(),
  };
}

function doorOf(options: AppOptions): Door {
  const { name, access, reachable, now, wait } = options;
  return {
    name,
    access,
    reachable,
    sessions: new Sessions({ name, access, now }),
    links: new LoginLinks(now),
    failed: new FailedLogins(now, wait),
    document: (props) => documentOf({ ...props, section: null, role: null }, options),
  };
}

function addScreen(app: Hono<Env>, screen: Screen, options: AppOptions, viewers: Viewers): void {
  app.get(screen.path, async (context) => {
    const content = await contentOf(screen.show(requestOf(context, options)));
    return answer(context, screen, content, options);
  });

  app.get(`/live${screen.path}`, (context) => {
    const request = requestOf(context, options);
    return streamOf(context, viewers, async () => {
      const { body, id } = await contentOf(screen.show({ ...request, now: options.now() }));
      return { html: options.mask(String(body)), id: String(id ?? 0) };
    });
  });
}

function actingOf(options: AppOptions): Acting {
  return {
    actions: options.actions,
    request: (context) => requestOf(context, options),
    // An act may take longer than a screen: what was begun is not given up.
    show: async (context, screen, content) => answer(context, screen, await content.catch(broken), options),
  };
}

function answer(
  context: Context<Env>,
  screen: Screen,
  content: Content,
  options: AppOptions,
): Response | Promise<Response> {
  const { title, head, body, status = 200, isLive } = content;
  const live = isLive ? `/live${pathOf(context)}` : undefined;
  const props = { title, section: screen.section, role: context.get('role'), live, head };
  return context.html(documentOf({ ...props, children: body }, options), status);
}

function requestOf(context: Context<Env>, { sources, now, access }: AppOptions): ScreenRequest {
  return {
    sources,
    now: now(),
    params: context.req.param(),
    query: new URL(context.req.url).searchParams,
    canOperate: context.get('role') === 'operate' && canAnybodyOperate(access),
  };
}

/** A screen whose store is away says so, in the same place. */
async function contentOf(content: Promise<Content>): Promise<Content> {
  return within(content).catch(broken);
}

function broken(error: unknown): Content {
  return { title: 'Unknown', status: 503, isLive: true, body: <Broken error={error} /> };
}

function addEnds(app: Hono<Env>, options: AppOptions): void {
  app.notFound((context) => {
    const role = context.get('role') ?? null;
    return context.html(documentOf({ title: 'Not found', section: null, role, children: <NotFound /> }, options), 404);
  });
  app.onError((error, context) => {
    const role = context.get('role') ?? null;
    return context.html(
      documentOf({ title: 'Error', section: null, role, children: <Broken error={error} /> }, options),
      500,
    );
  });
}
