import type { Child } from 'hono/jsx';
import type { Section } from './parts/layout.tsx';
import type { Sources } from './read/sources.ts';

/** One screen of the page. Its first paint and its live copy are the same content. */
export interface Screen {
  /** As Hono writes it: `/events/:position`. */
  readonly path: string;
  readonly section: Section;
  show(request: ScreenRequest): Promise<Content>;
}

/** What a screen is asked for. */
export interface ScreenRequest {
  readonly sources: Sources;
  readonly now: Date;
  /** The variable parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Whether whoever looks may act. */
  readonly canOperate: boolean;
}

export interface Content {
  readonly title: string;
  /** What stays as it is while the rest is kept up to date: the heading, and forms that somebody may be filling in. */
  readonly head?: Child;
  readonly body: Child;
  /** 200 by default. */
  readonly status?: 200 | 403 | 404 | 409 | 503;
  /** Whether the content is kept up to date while somebody looks. */
  readonly isLive?: boolean;
  /** The newest sequence number that it shows: the `id:` of a live message. */
  readonly id?: number;
}
