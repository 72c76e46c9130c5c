import { literal } from '../config.ts';
import { type Draft, oneAMinute } from '../draft.ts';
import { listOf, membersOf, textOf } from '../json-places.ts';
import { adapterName } from '../names.ts';
import type { Api } from './api.ts';
import type { ListOperation, ListsFound } from './lists.ts';
import { type OpenApiChoices, resourcesOf } from './resources.ts';
import { securityOf } from './security.ts';

/** The third party of a document, with these lists. */
export function draftOf(
  api: Api,
  { others }: ListsFound,
  chosen: readonly ListOperation[],
  choices: OpenApiChoices,
): Draft | string {
  const base = baseUrlOf(api, choices);
  if (base === null) return 'the document does not say where the API is: --url names its base URL';
  const { resources, leftOut } = resourcesOf(api, chosen, choices);
  const changing = resources.filter(({ changes }) => changes !== null).map(({ name: resource }) => resource);
  const name = adapterName(base);
  const readable = chosen.filter((list) => resources.some((resource) => resource.name === list.name));
  const { auth, headers, notes } = securityOf(
    api,
    readable.map(({ security }) => security),
    name,
  );
  return {
    adapter: {
      name,
      baseUrl: literal(base.href.replace(/\/$/, '')),
      auth,
      headers: { ...headers, ...choices.headers },
      throttle: choices.throttle ?? oneAMinute,
      resources,
    },
    leftOut,
    notes: [
      ...notes,
      ...(changing.length > 0
        ? [`${changing.join(', ')}: a pass asks for what changed since the last one, and one a day reads everything`]
        : []),
      ...(choices.throttle === null
        ? [
            "the document does not state the API's limit: the config allows one hit per minute; --throttle 10/1s says otherwise",
          ]
        : []),
      ...(others > 0
        ? [
            `${others} other GET ${others === 1 ? 'operation' : 'operations'} of the document ${others === 1 ? 'lists' : 'list'} no records with fields`,
          ]
        : []),
    ],
  };
}

/** The URL that a person has named, or the first server. Credentials, query and fragment do not belong into a config. */
function baseUrlOf(api: Api, choices: OpenApiChoices): URL | null {
  const base = choices.url === null ? serverOf(api, choices) : new URL(choices.url);
  if (base === null) return null;
  base.username = '';
  base.password = '';
  base.search = '';
  base.hash = '';
  return base;
}

/** The first server, with the defaults of its variables. */
function serverOf(api: Api, { from, params }: OpenApiChoices): URL | null {
  const [server] = listOf(api.root.servers).map(membersOf);
  const written = textOf(server?.url) ?? '/';
  const variables = membersOf(server?.variables);
  const filled = written.replace(
    /\{([^}]+)\}/g,
    (_, name: string) => params[name] ?? String(membersOf(variables[name]).default ?? ''),
  );
  const base = URL.parse(filled, from?.href);
  return base !== null && /^https?:$/.test(base.protocol) ? base : null;
}
