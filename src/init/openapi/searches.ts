import { type Members, membersOf, textOf } from '../json-places.ts';
import type { Api, Parameter } from './api.ts';
import { shapeOf } from './schema.ts';

const search = /[/:]_?(search|query|list|find|filter|lookup)$/i;

/** Whether the path of a POST operation says that it only reads. Any other may make or change something. */
export function isSearch(path: string): boolean {
  return search.test(path);
}

/** The path of what is searched: `/customers/search` is `/customers`. */
export function pathSearched(path: string): string {
  return path.replace(search, '');
}

/** Where a page is asked for: in the query, or in the body of a search. */
export function pageParameters({ method, parameters }: Asked): readonly Parameter[] {
  return parameters.filter(({ place }) => place === (method === 'POST' ? 'body' : 'query'));
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly parameters: readonly Parameter[];
}

/** The members of the JSON body of an operation. */
export function bodyParameters(api: Api, operation: Members): readonly Parameter[] {
  const content = membersOf(api.resolve(operation.requestBody).content);
  const [, json] = Object.entries(content).find(([type]) => /[/+]json\b/.test(type)) ?? [];
  const { properties, required } = shapeOf(api, membersOf(json).schema);
  return [...properties].map(([name, node]) => {
    const schema = api.resolve(node);
    const description = textOf(schema.description) ?? '';
    return { name, place: 'body', isRequired: required.has(name), schema, description, example: schema.example };
  });
}
