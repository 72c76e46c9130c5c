import { toJsonSchema } from '@valibot/to-json-schema';
import { configSchema } from '../../src/config/schema/schema.ts';

/** JSON Schema, as far as the config's uses it. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** A text with a form of its own may also be a variable that holds one. */
const variable = '\\$\\{';

/** The config's JSON Schema, from the same source as the validator. Editors check a config with it, and `docs/config.md` shows it. */
export function configJsonSchema(): JsonSchema {
  const schema = toJsonSchema(configSchema, {
    typeMode: 'input',
    ignoreActions: ['check', 'raw_check'],
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'regex' ? { ...jsonSchema, pattern: `${jsonSchema.pattern}|${variable}` } : undefined,
  });
  return withReadyAdapters(schema as JsonSchema);
}

/** A ready adapter has its resources, its type, and each resource's key and schema: a config need not repeat them. */
function withReadyAdapters(schema: JsonSchema): JsonSchema {
  const { properties = {} } = schema;
  const { resources = {}, adapters = {} } = properties;
  const resource = membersOf(resources);
  const { required: _, ...optional } = resource;
  return {
    ...schema,
    required: ['name', 'adapter'],
    properties: {
      ...properties,
      resources: { ...resources, additionalProperties: optional },
      adapters: { ...adapters, additionalProperties: { anyOf: [membersOf(adapters), extended] } },
    },
  };
}

const extended: JsonSchema = {
  type: 'object',
  properties: {
    extends: {
      type: 'string',
      description: 'The ready adapter that this one is laid over. Default: the ready adapter of the same name.',
    },
  },
  not: { required: ['type'] },
};

function membersOf({ additionalProperties }: JsonSchema): JsonSchema {
  return typeof additionalProperties === 'object' ? additionalProperties : {};
}
