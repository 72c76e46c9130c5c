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
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
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
      hint: 'it is JSON Schema, draft 2020-12',
      cause: error,
    });
  }
}

function saysMore(schema: RecordSchema): boolean {
  if (Object.keys(schema).some((keyword) => !settledAbove.has(keyword))) return true;
  return Object.values(schema.properties).some((property) =>
    Object.keys(property).some((keyword) => !settled.has(keyword)),
  );
}
