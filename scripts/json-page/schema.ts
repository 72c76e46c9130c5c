/** JSON Schema (draft-07), as far as the `--json` documents use it. */
export interface DocumentSchema {
  readonly type?: string | readonly string[];
  readonly description: string;
  readonly format?: string;
  readonly enum?: readonly (string | number | null)[];
  readonly const?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: DocumentSchema;
  readonly properties?: Readonly<Record<string, DocumentSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: DocumentSchema | boolean;
  readonly anyOf?: readonly DocumentSchema[];
}

export function text(description: string): DocumentSchema {
  return { type: 'string', description };
}

/** RFC 3339. */
export function time(description: string): DocumentSchema {
  return { type: 'string', format: 'date-time', description };
}

/** A whole number that is not negative. */
export function count(description: string): DocumentSchema {
  return { type: 'integer', minimum: 0, description };
}

export function whole(description: string): DocumentSchema {
  return { type: 'integer', description };
}

export function flag(description: string): DocumentSchema {
  return { type: 'boolean', description };
}

export function oneOf(values: readonly string[], description: string): DocumentSchema {
  return { type: 'string', enum: values, description };
}

export function list(items: DocumentSchema, description: string): DocumentSchema {
  return { type: 'array', items, description };
}

/** An object with exactly these members; the names in `optional` may be absent. */
export function object(
  properties: Readonly<Record<string, DocumentSchema>>,
  description: string,
  optional: readonly string[] = [],
): DocumentSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false, description };
}

/** An object that may have more members than these: what they are belongs to cronsync and may change. */
export function open({ additionalProperties: _, ...schema }: DocumentSchema): DocumentSchema {
  return { ...schema, additionalProperties: true };
}

/** An object whose names are data. */
export function byName(values: DocumentSchema, description: string): DocumentSchema {
  return { type: 'object', additionalProperties: values, description };
}

export function orNull(schema: DocumentSchema): DocumentSchema {
  const { type, description } = schema;
  if (typeof type === 'string' && !schema.properties && !schema.enum) return { ...schema, type: [type, 'null'] };
  return { anyOf: [schema, { type: 'null', description: 'Nothing.' }], description };
}
