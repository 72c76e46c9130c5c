import type { ValidateFunction } from 'ajv';
import { ConfigError, messageOf } from '../errors.ts';
import type { RecordSchema } from './columns.ts';

/** Keywords that the columns and their coercions see to themselves. */
const settled = new Set(['type', 'title', 'description', 'examples', 'default', '$comment', 'format', 'deprecated']);
const settledAbove = new Set([...settled, '$schema', '$id', 'properties', 'required', 'additionalProperties']);

/** The faults of a record by its JSON Schema, one sentence each. */
export type Validate = (fields: Readonly<Record<string, unknown>>) => readonly string[];

/** A validator for what the schema says beyond types and required fields; null if it says no more. Loads ajv only then. */
export async function validatorFor(schema: RecordSchema): Promise<Validate | null> {
  if (!saysMore(schema)) return null;
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const code = hasPatterns(schema) ? { regExp: (await import('./linear-pattern.ts')).linearPattern } : {};
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, code });
  const validate = compiled({ ...schema, $schema: undefined, required: [], additionalProperties: true }, ajv);
  return (fields) => {
    if (validate(fields)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath.slice(1)} ${message}`.trim());
  };
}

/** Every schema is read as one of draft 2020-12, whatever it calls itself. */
function compiled(schema: object, ajv: { compile(schema: object): ValidateFunction }): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new ConfigError(`a resource's schema cannot be used: ${messageOf(error)}; nothing was fetched`, {
      hint: 'It is JSON Schema, draft 2020-12. A `pattern` has no look-around and no references to groups: `allOf` and `not` say the same.',
      cause: error,
    });
  }
}

/** Also `patternProperties`. A false alarm costs only the time to load the engine. */
function hasPatterns(schema: RecordSchema): boolean {
  return JSON.stringify(schema).includes('"pattern');
}

function saysMore(schema: RecordSchema): boolean {
  if (Object.keys(schema).some((keyword) => !settledAbove.has(keyword))) return true;
  return Object.values(schema.properties).some((property) =>
    Object.keys(property).some((keyword) => !settled.has(keyword)),
  );
}
