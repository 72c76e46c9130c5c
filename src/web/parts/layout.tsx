import type { Child } from 'hono/jsx';
import type { Assets } from '../assets.ts';
import type { Role } from '../protect/access.ts';

/** The screens that the menu leads to. */
export const sections = [
  { path: '/', title: 'Overview' },
  { path: '/runs', title: 'Runs' },
  { path: '/events', title: 'Events' },
  { path: '/rejects', title: 'Rejects' },
  { path: '/swap', title: 'Swap' },
  { path: '/activity', title: 'Activity' },
  { path: '/config', title: 'Config' },
] as const;

export type Section = (typeof sections)[number]['path'];

export interface LayoutProps {
  readonly name: string;
  readonly title: string;
  readonly assets: Assets;
  /** Which item of the menu is the current one; null outside of it, as on the login page. */
  readonly section: Section | null;
  /** Who looks; null where nobody is logged in. */
  readonly role: Role | null;
  /** Nobody has to log in. */
  readonly isOpen: boolean;
  /** Where the live copy of the content comes from. */
  readonly live?: string | undefined;
  readonly refresh?: string;
  /** What stays as it is beside live content. */
  readonly head?: Child;
  readonly children?: Child;
}

/** The whole document around a screen. */
export function Layout({ name, title, assets, section, role, isOpen, live, refresh, head, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={htmxConfig} />
        {refresh === undefined ? null : <meta http-equiv="refresh" content={`0;url=${refresh}`} />}
        <title>{`${title} – ${name}`}</title>
        <link rel="icon" href={assets.icon} type="image/svg+xml" />
        <link rel="stylesheet" href={assets.style} />
        <script src={assets.script} defer></script>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header class="top">
          <a class="name" href="/">
            <span class="brand">cronsync</span> {name}
          </a>
          {role === null ? null : <Menu current={section} />}
          {role === null ? null : <Who role={role} isOpen={isOpen} />}
        </header>
        <main id="main" tabindex={-1}>
          {head}
          {live === undefined ? (
            children
          ) : (
            <div id="live" class="live" hx-sse:connect={live} hx-trigger="load, every 5s" hx-swap="innerMorph">
              {children}
            </div>
          )}
        </main>
        {live === undefined ? null : (
          <p id="lost" class="lost" role="status" hidden>
            The connection is lost: these numbers are old. Trying again…
          </p>
        )}
      </body>
    </html>
  );
}

/** Nothing of htmx that would need inline code or styles. */
const htmxConfig = JSON.stringify({ history: false, includeIndicatorCSS: false, extensions: 'sse' });

function Menu({ current }: { readonly current: Section | null }) {
  return (
    <nav aria-label="Screens">
      <ul class="menu">
        {sections.map(({ path, title }) => (
          <li>
            <a href={path} aria-current={path === current ? 'page' : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Who({ role, isOpen }: { readonly role: Role; readonly isOpen: boolean }) {
  if (isOpen) return <p class="who">view only</p>;
  return (
    <form class="who" method="post" action="/logout">
      <span>{role === 'operate' ? 'operator' : 'view only'}</span> <button type="submit">Log out</button>
    </form>
  );
}
