// Writes sync.schema.json, what editors check a config with, from the same source as the validator.
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from './config-page/json-schema.ts';

const schema = configJsonSchema();
const titled = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'cronsync',
  description: 'The config of cronsync.',
  ...schema,
};
writeFileSync(new URL('../sync.schema.json', import.meta.url), `${JSON.stringify(titled, null, 2)}\n`);
