import { isMembers, type Members, membersOf } from '../json-places.ts';
import { resourceName, squeezed } from '../names.ts';
import type { Api, Parameter } from './api.ts';
import { type Shape, shapeOf } from './schema.ts';
import { bodyParameters, isSearch, pathSearched } from './searches.ts';

/** An operation that lists records. */
export interface ListOperation {
  /** What the resource is called: unique among the lists of the document. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** As the document has it, with `{placeholders}`. */
  readonly path: string;
  readonly operationId: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly security: unknown;
  /** The whole answer. */
  readonly envelope: Shape;
  /** JMESPath to the list; null: the answer is the list. */
  readonly list: string | null;
  readonly record: Shape;
  /** The names of the answer's headers, in small letters. */
  readonly headers: readonly string[];
}

export interface ListsFound {
  readonly lists: readonly ListOperation[];
  /** How many operations read something that is not a list of records. */
  readonly others: number;
}

/** The operations that list records, each with a name of its own. */
export function listsOf(api: Api): ListsFound {
  const found: Omit<ListOperation, 'name'>[] = [];
  let others = 0;
  for (const [path, node] of Object.entries(membersOf(api.root.paths))) {
    const item = api.resolve(node);
    const get = isMembers(item.get) ? readList(api, path, item, item.get, 'GET') : undefined;
    if (get) found.push(get);
    else if (get === null) others += 1;
    const post = isMembers(item.post) && isSearch(path) ? readList(api, path, item, item.post, 'POST') : null;
    if (post) found.push(post);
  }
  const listed = new Set(found.filter(({ method }) => method === 'GET').map(({ path }) => path));
  const lists = found.filter(({ method, path }) => {
    return method === 'GET' || !(listed.has(path) || listed.has(pathSearched(path)));
  });
  return { lists: withNames(lists), others };
}

/** Null: it is not a list of records. */
function readList(
  api: Api,
  path: string,
  item: Members,
  operation: Members,
  method: ListOperation['method'],
): Omit<ListOperation, 'name'> | null {
  const answer = answerOf(api, operation);
  const list = answer && listIn(api, answer.schema);
  if (!answer || !list) return null;
  const body = method === 'POST' ? bodyParameters(api, operation) : [];
  return {
    path,
    method,
    operationId: typeof operation.operationId === 'string' ? operation.operationId : undefined,
    parameters: [...api.parametersOf(item, operation), ...body],
    security: operation.security ?? api.root.security,
    headers: answer.headers,
    ...list,
  };
}

interface AnswerFound {
  readonly schema: unknown;
  readonly headers: readonly string[];
}

function answerOf(api: Api, operation: Members): AnswerFound | null {
  const responses = membersOf(operation.responses);
  const status = ['200', '2XX', '206', 'default'].find((name) => responses[name] !== undefined);
  const response = api.resolve(status === undefined ? undefined : responses[status]);
  const content = Object.entries(membersOf(response.content)).find(([type]) => /[/+]json\b|\*\/\*/.test(type))?.[1];
  const { schema } = membersOf(content);
  if (schema === undefined) return null;
  return { schema, headers: Object.keys(membersOf(response.headers)).map((name) => name.toLowerCase()) };
}

type Found = Pick<ListOperation, 'envelope' | 'list' | 'record'>;

/** The answer itself, or the one list of objects in it: one that is called as lists are wins over others. */
function listIn(api: Api, schema: unknown): Found | null {
  const envelope = shapeOf(api, schema);
  const direct = recordOf(api, envelope);
  if (direct) return { envelope, list: null, record: direct };
  const lists = listsWithin(api, envelope, '', 0);
  const usual = lists.find(({ name }) =>
    /^(data|items|results?|rows|records|values?|list|entries|objects|collection)$/.test(name),
  );
  const chosen = usual ?? (lists.length === 1 ? lists[0] : undefined);
  return chosen ? { envelope, list: chosen.path, record: chosen.record } : null;
}

interface Within {
  readonly name: string;
  readonly path: string;
  readonly record: Shape;
}

function listsWithin(api: Api, shape: Shape, parent: string, depth: number): readonly Within[] {
  return [...shape.properties].flatMap(([name, schema]) => {
    const inner = shapeOf(api, schema);
    const path = `${parent}${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)}`;
    const record = recordOf(api, inner);
    if (record) return [{ name: squeezed(name), path, record }];
    const isEnvelope = depth < 1 && /^(data|response|result|body|payload|_?embedded)$/i.test(name);
    return isEnvelope ? listsWithin(api, inner, `${path}.`, depth + 1) : [];
  });
}

/** The shape of the elements, if they are objects with fields. */
function recordOf(api: Api, { types, items }: Shape): Shape | null {
  if (items === undefined || (types.size > 0 && !types.has('array'))) return null;
  const record = shapeOf(api, items);
  return record.properties.size > 0 ? record : null;
}

/** The last word of the path names the resource. Where two would have one name, the words before it come in front. */
function withNames(lists: readonly Omit<ListOperation, 'name'>[]): readonly ListOperation[] {
  const words = lists.map(({ path: written, method }) => {
    const path = method === 'POST' ? pathSearched(written) : written;
    const plain = path
      .split('/')
      .filter((segment) => segment !== '' && !segment.includes('{') && !/^(v\d+|api|rest)$/i.test(segment));
    return plain.map((segment) => resourceName(segment.replace(/\.json$/, '')));
  });
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  for (const name of words) counts.set(name.at(-1) ?? 'records', (counts.get(name.at(-1) ?? 'records') ?? 0) + 1);
  return lists.map((list, at) => {
    const own = words[at] ?? [];
    const last = own.at(-1) ?? 'records';
    const name =
      counts.get(last) === 1 ? last : firstFree(own.length > 0 ? own : ['records'], taken, lists[at]?.path ?? '');
    taken.add(name);
    return { ...list, name };
  });
}

function firstFree(words: readonly string[], taken: ReadonlySet<string>, path: string): string {
  const isBare = !path.includes('{');
  for (let from = isBare ? words.length - 1 : Math.max(0, words.length - 2); from >= 0; from -= 1) {
    const name = resourceName(words.slice(from).join('_'));
    if (!taken.has(name)) return name;
  }
  for (let count = 2; ; count += 1) {
    const name = `${resourceName(words.join('_')).slice(0, 58)}_${count}`;
    if (!taken.has(name)) return name;
  }
}
