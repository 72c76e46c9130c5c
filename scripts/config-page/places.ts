import type { JsonSchema } from './json-schema.ts';

/** One object of the config: where it stands, and its options, which may depend on its `type`. */
export interface Place {
  /** `adapters.<adapter>.throttle` */
  readonly path: string;
  /** The type of the adapter that it is in: `rest`. */
  readonly within: string | null;
  /** Adapters of other types have another object there. */
  readonly isOfType: boolean;
  readonly description: string;
  readonly variants: readonly Variant[];
}

export interface Variant {
  /** The value of its option `type`; null where there is one variant only. */
  readonly type: string | null;
  readonly options: readonly Option[];
}

export interface Option {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  /** The path of the object that it holds, where that has options of its own. */
  readonly place: string | null;
}

/** Names that the user gives, by the path of the object that has them. */
const named: Readonly<Record<string, string>> = {
  resources: 'resource',
  adapters: 'adapter',
  listeners: 'listener',
  properties: 'field',
};

/** Every object of the config that has options, outer ones first. The same object in several places counts once. */
export function placesOf(schema: JsonSchema): Place[] {
  const found = walk(schema, '', null);
  const seen = new Set<string>();
  const distinct = found.filter(({ path, variants }) => {
    const text = JSON.stringify([lastOf(path), variants]);
    return !seen.has(text) && seen.add(text);
  });
  const countAt = (path: string) => distinct.filter((place) => place.path === path).length;
  return distinct.map((place) => ({ ...place, isOfType: countAt(place.path) > 1 }));
}

function walk(schema: JsonSchema, path: string, within: string | null): Place[] {
  const variants = variantsOf(schema);
  if (variants.length === 0) return [];
  const place: Place = {
    path,
    within,
    isOfType: false,
    description: schema.description ?? '',
    variants: variants.map(({ type, ...variant }) => ({ type, options: optionsOf(variant.schema, path) })),
  };
  const inner = variants.flatMap(({ type, schema: { properties = {} } }) =>
    Object.entries(properties).flatMap(([name, property]) => {
      const [child, below] = inside(property, joined(path, name));
      return walk(child, below, path === 'adapters.<adapter>' ? type : within);
    }),
  );
  return [place, ...inner];
}

interface TypedSchema {
  readonly type: string | null;
  readonly schema: JsonSchema;
}

/** An object's forms, by the constant of their `type`; a form whose type is any text is a module. */
function variantsOf(schema: JsonSchema): TypedSchema[] {
  const { properties, oneOf, anyOf } = schema;
  if (properties) return [{ type: null, schema }];
  const forms = oneOf ?? anyOf ?? [];
  const [first, second] = forms;
  if (first?.properties && second?.type === 'array') return [{ type: null, schema: first }];
  if (forms.some((form) => form.type !== 'object' && !form.oneOf)) return [];
  return forms.flatMap((form) => {
    if (form.oneOf) return variantsOf(form);
    if (form.not) return [{ type: 'extends', schema: form }];
    const type = form.properties?.type?.const;
    return [{ type: typeof type === 'string' ? type : 'module', schema: form }];
  });
}

function optionsOf({ properties = {}, required = [] }: JsonSchema, path: string): Option[] {
  return Object.entries(properties).map(([name, schema]) => {
    const [child, below] = inside(schema, joined(path, name));
    const place = variantsOf(child).length > 0 ? below : null;
    return { name, schema, isRequired: required.includes(name), place };
  });
}

/** Where the options of a property are: in the property itself, or in each of its members. */
function inside(schema: JsonSchema, path: string): readonly [schema: JsonSchema, path: string] {
  const { additionalProperties } = schema;
  const name = named[lastOf(path)];
  if (schema.properties || typeof additionalProperties !== 'object' || name === undefined) return [schema, path];
  return [additionalProperties, `${path}.<${name}>`];
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The last name of a path: `throttle` of `adapters.<adapter>.throttle`. */
export function lastOf(path: string): string {
  return path.split('.').at(-1) ?? '';
}
