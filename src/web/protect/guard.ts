import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie } from 'hono/cookie';
import type { Assets } from '../assets.ts';
import type { Env } from '../env.ts';
import { isOpen, type Role, roleHere } from './access.ts';
import { cookieName, type Door } from './door.ts';
import { protectiveHeaders } from './headers.ts';
import { isOurHost } from './hosts.ts';
import { isFromOurPage } from './origins.ts';

/** More than any form of ours has. */
const mostBytes = 65_536;

/**
 * What every request passes, in this order: the headers of the answer, the host, the origin of what is posted, the assets, and
 * who it is. Whoever is not logged in gets to the login form and no further.
 */
export function guard(app: Hono<Env>, door: Door, assets: Assets): void {
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(protectiveHeaders)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
    }
  });
  app.use(async (context, next) => {
    const { host: asked } = new URL(context.req.url);
    const host = context.req.header('host') ?? asked;
    // A request may name another host in its first line than in its header.
    if (![host, asked].every((one) => isOurHost(one, door.reachable))) return context.text(wrongHost, 421);
    if (!['GET', 'HEAD'].includes(context.req.method) && !isFromOurPage(originOf(context, host))) {
      return context.text(wrongOrigin, 403);
    }
    return next();
  });
  app.use(bodyLimit({ maxSize: mostBytes }));
  app.get('/assets/:file', (context) => {
    const asset = assets.files.get(context.req.path);
    if (!asset) return context.text('There is no such file.', 404);
    context.header('cache-control', 'public, max-age=31536000, immutable');
    context.header('content-type', asset.type);
    return context.body(asset.body);
  });
  app.use(async (context, next) => {
    if (/^\/(login|logout)(\/|$)/.test(context.req.path)) return next();
    const role = await roleOf(context, door);
    if (role === null) return refuse(context);
    context.set('role', role);
    context.set('mayLook', lookingBy(context, door));
    return next();
  });
}

const wrongHost =
  'This page is not known under the host that was asked for. Start "cronsync web" with --host NAME for each name that leads to it.\n';
const wrongOrigin = 'This request does not come from this page. Nothing was done.\n';

function originOf(context: Context<Env>, host: string) {
  return { host, origin: context.req.header('origin'), fetchSite: context.req.header('sec-fetch-site') };
}

async function roleOf(context: Context<Env>, { access, sessions, failed, ...door }: Door): Promise<Role | null> {
  if (isOpen(access)) return 'view';
  const role = sessions.roleOf(getCookie(context, cookieName(door)) ?? '');
  if (role !== null) return role;
  const [, token] = /^Bearer (\S+)$/.exec(context.req.header('authorization') ?? '') ?? [];
  if (token === undefined || !['GET', 'HEAD'].includes(context.req.method) || !(await failed.admit())) return null;
  const held = sessions.roleOfToken(token);
  if (held === null) failed.failed();
  return held && roleHere(held, access);
}

/** What a session has opened ends with it. A token lasts as long as this process. */
function lookingBy(context: Context<Env>, { sessions, ...door }: Door): () => boolean {
  const session = getCookie(context, cookieName(door)) ?? '';
  return sessions.roleOf(session) === null ? () => true : () => sessions.roleOf(session) !== null;
}

/** A browser is led to the form; whatever reads by itself gets the status. */
function refuse(context: Context<Env>): Response {
  const isPage = context.req.method === 'GET' && !/^\/(api|live|metrics)(\/|$)/.test(context.req.path);
  if (isPage) return context.redirect('/login', 303);
  context.header('www-authenticate', 'Bearer');
  return context.text('Log in first: the session has ended, or there was none. Nothing was done.\n', 401);
}
