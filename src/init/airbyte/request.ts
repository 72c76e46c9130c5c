import type { ChangesDraft, LeftOut, Query } from '../draft.ts';
import { isMembers, membersOf, textOf } from '../json-places.ts';
import { isStart, namesInterval } from './incremental.ts';
import type { Component, Manifest } from './manifest.ts';
import { type Names, plainText } from './template.ts';

/** Where a stream is asked for: the base URL, and the path below it. */
export interface Place {
  readonly base: string;
  readonly path: string;
}

/** Null: it is an expression that has no counterpart. */
export function placeOf(manifest: Manifest, requester: Component, names: Names): Place | null {
  const [url, urlBase, path] = ['url', 'url_base', 'path'].map((name) =>
    plainText(manifest.value(requester, name) ?? '', names),
  );
  if (url === null || urlBase === null || path === null) return null;
  if (url) {
    const [, base = '', rest = ''] = /^(https?:\/\/[^/?#]+)(.*)$/.exec(url) ?? [];
    return base === '' ? null : { base, path: rest };
  }
  const base = withScheme(urlBase ?? '').replace(/\/+$/, '');
  return base === '' ? null : { base, path: path ? `/${path.replace(/^\/+/, '')}` : '' };
}

/** A setting may hold the scheme or not, which the manifest does not say: a URL without a scheme gets one. */
function withScheme(base: string): string {
  return base === '' || /^https?:\/\//.test(base) || base.startsWith('$') ? base : `https://${base}`;
}

/** What every request of a stream has, and what of it has no counterpart. */
export interface Sent {
  readonly query: Query;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly leftOut: readonly LeftOut[];
}

export function requestOf(
  manifest: Manifest,
  requester: Component,
  names: Names,
  changes: ChangesDraft | string | null,
): Sent {
  const leftOut: LeftOut[] = [];
  const isPost = textOf(requester.node.http_method)?.toUpperCase() === 'POST';
  const texts = (member: string): Record<string, string> => {
    const named = manifest.resolve(requester.node[member]);
    if (named !== undefined && !isMembers(named))
      leftOut.push({ what: member, why: 'it is a text, not names and values' });
    return Object.fromEntries(
      Object.entries(membersOf(named)).flatMap(([name, value]) => {
        const isBookmark = changes !== null && typeof changes !== 'string' && isStart(value);
        if (isBookmark) return [];
        const text = plainText(value, names);
        if (text === null)
          leftOut.push({
            what: `${member}.${name}`,
            why: namesInterval(value)
              ? 'it is a part of an interval, which has no counterpart'
              : `${String(value).replace(/\s+/g, ' ').slice(0, 60)} is an expression that has no counterpart`,
          });
        return text === null || text === '' ? [] : [[name, text]];
      }),
    );
  };
  const query = texts('request_parameters');
  const headers = texts('request_headers');
  return { query, headers, body: isPost ? texts('request_body_json') : null, leftOut };
}
