import type { ValidateFunction } from 'ajv';
import { ConfigError, messageOf } from '../errors.ts';
import type { RecordSchema } from './columns.ts';

/** Keywords that the columns and their coercions already check. */
const settled = new Set(['type', 'title', 'description', 'examples', 'default', '$comment', 'format', 'deprecated']);
const settledAbove = new Set([...settled, '$schema', '$id', 'properties', 'required', 'additionalProperties']);

/** Checks a record against its JSON Schema. Returns what is wrong, one text for each fault. */
export type Validate = (fields: Readonly<Record<string, unknown>>) => readonly string[];

/** A validator for what the schema demands beyond types and required fields; null if it demands nothing more. Then ajv is not loaded. */
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

/** Every schema is read as draft 2020-12, whatever its `$schema` says. */
function compiled(schema: object, ajv: { compile(schema: object): ValidateFunction }): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new ConfigError(`a resource's schema cannot be used: ${messageOf(error)}; nothing was fetched`, {
      hint: 'Write it as JSON Schema, draft 2020-12. A `pattern` has no look-around and no references to groups: `allOf` and `not` say the same.',
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
