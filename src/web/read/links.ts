/** The address of a record's page. A key may be any text, so it is not a part of the path. */
export function recordPath(resource: string, key: string): string {
  return withQuery('/record', { resource, key });
}

/** An address with a query, of which what is null is left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | null>>): string {
  const members = Object.entries(query).flatMap(([name, value]) =>
    value === null ? [] : [[name, String(value)] as [string, string]],
  );
  return members.length === 0 ? path : `${path}?${new URLSearchParams(members)}`;
}

/** Reads a whole number of a query; null for anything else. */
export function numberIn(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Reads a text of a query; null where it is empty or missing. */
export function textIn(query: URLSearchParams, name: string): string | null {
  return query.get(name)?.trim() || null;
}
