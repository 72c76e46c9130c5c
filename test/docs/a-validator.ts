import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';

const folder = fileURLToPath(new URL('../../docs/schemas/', import.meta.url));
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true, formats: { 'date-time': rfc3339 } });
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a document of `--json`, by the schema that the package ships; empty if nothing is. */
export function faultsOf(name: string, document: unknown): string[] {
  const validate = compiled.get(name) ?? ajv.compile(JSON.parse(readFileSync(`${folder}${name}.schema.json`, 'utf8')));
  compiled.set(name, validate);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
  });
}
