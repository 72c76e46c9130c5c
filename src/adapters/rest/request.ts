import type { HttpRequest } from '../../adapter.ts';
import type { RestResource } from './options.ts';

/**
 * The request for the URL of a page. With POST, the parameters of the page go into the JSON body, and `a.b` goes into an object
 * in it. The path and the query of the config stay in the URL.
 */
export function requestFor(url: URL, own: URL, resource: RestResource): Pick<HttpRequest, 'url' | 'method' | 'body'> {
  if (resource.method !== 'POST') return { url };
  const isFollowed = resource.pagination?.type === 'link' || resource.pagination?.type === 'next-url';
  const asked = new URL(url);
  const content = structuredClone(resource.body ?? {}) as Members;
  const added = [...url.searchParams].filter(([name, value]) => own.searchParams.get(name) !== value);
  for (const [name, value] of isFollowed ? [] : added) {
    asked.searchParams.delete(name);
    put(content, name.split('.'), isCount(name, resource) ? Number(value) : value);
  }
  return { url: asked, method: 'POST', body: JSON.stringify(content) };
}

type Members = { [name: string]: unknown };

function put(content: Members, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    Object.defineProperty(content, name, { value, enumerable: true, writable: true, configurable: true });
    return;
  }
  const known = Object.hasOwn(content, name) ? content[name] : undefined;
  const inner: Members = typeof known === 'object' && known !== null ? { ...known } : {};
  put(inner, rest, value);
  put(content, [name], inner);
}

/** Page numbers, offsets, sizes and times that are written as numbers are numbers in JSON, too. */
function isCount(name: string, { pagination, bookmark }: RestResource): boolean {
  if (pagination?.type === 'page' && (name === pagination.param || name === pagination.sizeParam)) return true;
  if (pagination?.type === 'offset' && (name === pagination.param || name === pagination.limitParam)) return true;
  return name === bookmark?.param && (bookmark.format === 'seconds' || bookmark.format === 'milliseconds');
}
