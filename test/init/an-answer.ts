import { clearList, listsIn } from '../../src/init/answer/lists.ts';
import { type Choices, resourceIn } from '../../src/init/answer/resource.ts';
import { configOf } from '../../src/init/config.ts';
import { oneAMinute, type ResourceDraft } from '../../src/init/draft.ts';
import { locationOf } from '../../src/init/location.ts';

/** What `init` makes of one answer, with the likeliest list and key. */
export function draftOf(url: string, document: unknown, headers: Record<string, string> = {}, choices: Choices = {}) {
  const location = locationOf(new URL(url));
  const answer = { url: location.url, headers, document };
  const list = clearList(listsIn(document));
  if (!list) throw new Error('no list is likelier than the others');
  const found = resourceIn(answer, list, location.path, choices);
  return { ...found, ...found.with(found.keys[0] ?? []), records: list.records, location };
}

/** The config of one resource, as a file would have it. */
export function configFor(resource: ResourceDraft): object {
  const adapter = { name: 'acme', baseUrl: 'https://api.example.com', auth: null, headers: {}, throttle: oneAMinute };
  return configOf(
    { adapter: { ...adapter, resources: [resource] } },
    { name: 'crm', target: { type: 'sqlite', file: './sync.db' } },
  );
}
