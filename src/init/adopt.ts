import type { AdapterDraft, FieldDraft, ResourceDraft } from './draft.ts';
import { singular, wordsOf } from './names.ts';

/** A table of the system that may already hold what a resource brings. */
export interface Candidate {
  readonly table: string;
  /** The fields that have a column, each with the name of that column. */
  readonly matches: ReadonlyMap<string, string>;
}

/** What a table for this resource may be called. */
export function tableNames({ name }: Pick<ResourceDraft, 'name'>): readonly string[] {
  const one = singular(name);
  return [...new Set([name, one, name === one ? `${name}s` : name])];
}

/** How a column for this field may be called: as the field, or in the other case. */
export function columnNames({ name }: Pick<FieldDraft, 'name'>): readonly string[] {
  const words = wordsOf(name);
  const [first = '', ...rest] = words;
  const camel = first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return [...new Set([name, words.join('_'), camel])].filter((written) => written !== '');
}

/** The fields under the names of the columns that they match; the others keep theirs. */
export function adopted(resource: ResourceDraft, { matches }: Candidate): ResourceDraft {
  const nameOf = (name: string) => matches.get(name) ?? name;
  return {
    ...resource,
    key: resource.key.map(nameOf),
    fields: resource.fields.map((field) => ({ ...field, name: nameOf(field.name) })),
  };
}

/** The adapter with one resource replaced. */
export function withResource(adapter: AdapterDraft, resource: ResourceDraft): AdapterDraft {
  return { ...adapter, resources: adapter.resources.map((one) => (one.name === resource.name ? resource : one)) };
}
