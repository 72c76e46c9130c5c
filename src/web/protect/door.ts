import type { Child } from 'hono/jsx';
import type { Access } from './access.ts';
import type { FailedLogins } from './failed-logins.ts';
import type { Reachable } from './hosts.ts';
import type { LoginLinks } from './login-links.ts';
import type { Sessions } from './sessions.ts';

/** What decides who comes in. */
export interface Door {
  /** The sync's name. */
  readonly name: string;
  readonly access: Access;
  readonly reachable: Reachable;
  readonly sessions: Sessions;
  readonly links: LoginLinks;
  readonly failed: FailedLogins;
  /** A whole document for somebody who is not logged in. */
  readonly document: (props: { readonly title: string; readonly refresh?: string; readonly children: Child }) => string;
}

/** Browsers share cookies among the ports of a host: each sync has a cookie of its own. */
export function cookieName({ name }: Pick<Door, 'name'>): string {
  return `cronsync-${name}`;
}
