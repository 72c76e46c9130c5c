// Writes sync.schema.json, what editors check a config with, from the same source as the validator.
import { writeFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { configSchema } from '../src/config/schema/schema.ts';

// A text with a special form may also be a variable that has such a text.
const variable = '\\$\\{';

const schema = toJsonSchema(configSchema, {
  typeMode: 'input',
  ignoreActions: ['check'],
  overrideAction: ({ valibotAction, jsonSchema }) =>
    valibotAction.type === 'regex' ? { ...jsonSchema, pattern: `${jsonSchema.pattern}|${variable}` } : undefined,
});
// What a ready adapter ships may be left out: its resources, its type, and the key and schema of a resource.
interface Part {
  required?: readonly string[];
  readonly properties?: Readonly<Record<string, Part>>;
  additionalProperties?: unknown;
}
const { properties = {} } = schema as Part;
(schema as Part).required = ['name', 'adapter'];
const resource = properties.resources?.additionalProperties as Part | undefined;
if (resource) delete resource.required;
if (properties.adapters) {
  const extended = { type: 'object', properties: { extends: { type: 'string' } }, not: { required: ['type'] } };
  properties.adapters.additionalProperties = { anyOf: [properties.adapters.additionalProperties, extended] };
}

const titled = { $schema: schema.$schema, title: 'cronsync', description: 'The config of cronsync.', ...schema };
writeFileSync(new URL('../sync.schema.json', import.meta.url), `${JSON.stringify(titled, null, 2)}\n`);
