import type { AdapterConfig } from '../../config/schema/schema.ts';
import { ConfigError } from '../../errors.ts';
import { compileExpression } from '../../expression.ts';
import { bad, type Finding, good } from './finding.ts';

/** An expression of the config, and where it stands. */
interface Written {
  readonly path: string;
  readonly text: string;
}

/** Compiles every JMESPath expression of the selected adapter. One that does not compile is found with its path. */
export async function checkExpressions(name: string, adapter: AdapterConfig): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    Object.keys(adapter.resources).map(async (resource) => {
      const at = `adapters.${name}.resources.${resource}`;
      const written = expressionsOf(adapter, resource).map(({ path, text }) => ({ path: `${at}.${path}`, text }));
      const wrong = (await Promise.all(written.map(wrongExpression))).flat();
      if (written.length === 0) return [];
      const which = written.map(({ path }) => path.slice(at.length + 1)).join(', ');
      return wrong.length > 0 ? wrong : [good(`expressions ${resource}`, which)];
    }),
  );
  return findings.flat();
}

async function wrongExpression({ path, text }: Written): Promise<readonly Finding[]> {
  try {
    await compileExpression(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [bad(`expression ${path}`, [error.message, error.hint].filter(Boolean).join('. '))];
  }
}

/** In a file, `records` is a plain path, and whatever else there is has its own language. */
function expressionsOf(adapter: AdapterConfig, resource: string): Written[] {
  const map = Object.entries(adapter.resources[resource]?.map ?? {}).map(([column, source]) => {
    return typeof source === 'string'
      ? { path: `map.${column}`, text: source }
      : { path: `map.${column}.from`, text: source.from };
  });
  return [...map, ...(adapter.type === 'rest' ? expressionsOfRest(adapter.resources[resource] ?? {}) : [])];
}

type RestResource = Partial<Extract<AdapterConfig, { readonly type: 'rest' }>['resources'][string]>;

function expressionsOfRest({ records, total, pagination, parts, bookmark, tombstones }: RestResource): Written[] {
  const next = pagination && 'next' in pagination ? pagination.next : undefined;
  const graves = tombstones?.from?.pagination;
  const places: readonly (readonly [path: string, text: unknown])[] = [
    ['records', records],
    ['total', total],
    ['pagination.next', next],
    ['parts.until', parts === 'merge' ? undefined : parts?.until],
    ['bookmark.field', bookmark?.field],
    ['bookmark.path', bookmark?.path],
    ['bookmark.expired.when', bookmark?.expired?.when],
    ['tombstones.field', tombstones?.field],
    ['tombstones.when', tombstones?.when],
    ['tombstones.path', tombstones?.path],
    ['tombstones.from.records', tombstones?.from?.records],
    ['tombstones.from.pagination.next', graves && 'next' in graves ? graves.next : undefined],
    ...Object.entries(tombstones?.map ?? {}).map(([field, text]) => [`tombstones.map.${field}`, text] as const),
  ];
  return places.flatMap(([path, text]) => (typeof text === 'string' ? [{ path, text }] : []));
}
