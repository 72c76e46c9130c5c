import type { Context, Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { Env } from '../env.ts';
import { LoggedIn, LoginForm } from '../screens/login.tsx';
import { canAnybodyOperate, type Role } from './access.ts';
import { cookieName, type Door } from './door.ts';
import { sessionMs } from './sessions.ts';

/** Adds the ways in: a form for a token, and a link that is good once. */
export function addLogin(app: Hono<Env>, door: Door): void {
  const { sessions, links, failed } = door;
  app.get('/login', (context) => context.html(form(door)));

  app.post('/login', async (context) => {
    if (!(await failed.admit())) return context.html(form(door, 'Too many logins have failed. Wait a minute.'), 429);
    const { token } = await context.req.parseBody();
    const role = typeof token === 'string' ? sessions.roleOfToken(token) : null;
    if (role === null) {
      failed.failed();
      return context.html(form(door, 'This is not one of the tokens.'), 401);
    }
    letIn(context, role, door);
    return context.redirect('/', 303);
  });

  app.get('/login/:code', async (context) => {
    if (!(await failed.admit())) return context.html(form(door, 'Too many logins have failed. Wait a minute.'), 429);
    if (!links.take(context.req.param('code'))) {
      failed.failed();
      return context.html(form(door, 'This link was used already, or it is older than a minute.'), 401);
    }
    letIn(context, roleOfLinks(door), door);
    // A redirect would still be a step of the page that has the link, and a strict cookie does not go along with that.
    return context.html(door.document({ title: 'Logged in', refresh: '/', children: <LoggedIn /> }));
  });

  app.post('/logout', (context) => {
    deleteCookie(context, cookieName(door), { path: '/' });
    return context.redirect('/login', 303);
  });
}

/** Whoever can read what `cronsync web` prints may do what its tokens allow. */
function roleOfLinks({ access }: Door): Role {
  return canAnybodyOperate(access) || access.tokens.view === undefined ? 'operate' : 'view';
}

function letIn(context: Context<Env>, role: Role, door: Door): void {
  setCookie(context, cookieName(door), door.sessions.issue(role), {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: sessionMs / 1000,
    secure: context.req.header('x-forwarded-proto') === 'https',
  });
}

function form(door: Door, error?: string): string {
  return door.document({ title: 'Log in', children: <LoginForm {...(error !== undefined && { error })} /> });
}
