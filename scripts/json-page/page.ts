import { documents, type JsonDocument } from './documents.ts';
import { examples } from './examples.ts';
import type { DocumentSchema } from './schema.ts';

/** The text of `docs/json.md`: every document that `--json` prints, from the schemas that the tests check real output with. */
export function jsonPage(): string {
  const index = documents.map(({ name, command }) => `| \`${command}\` | [${name}](#${name}) | ${schemaLink(name)} |`);
  const table = ['| command | document | JSON Schema |', '|---|---|---|', ...index].join('\n');
  return `${[introduction.trim(), table, ...documents.flatMap(sectionOf)].join('\n\n')}\n`;
}

/** The schema of a document as a file of its own (JSON Schema, draft-07). */
export function schemaFile({ command, schema }: Pick<JsonDocument, 'command' | 'schema'>): string {
  const file = { $schema: 'http://json-schema.org/draft-07/schema#', title: command, ...schema };
  return `${JSON.stringify(file, null, 2)}\n`;
}

export function schemaPath(name: string): string {
  return `docs/schemas/${name}.schema.json`;
}

const introduction = `
<!-- Made by "npm run docs" from scripts/json-page/. Do not edit. -->

# The documents of \`--json\`

With \`--json\` a command prints one JSON document on stdout, and everything else on stderr.
The documents are a contract: a member keeps its name, its type and its meaning, and a new release may add members only where the schema allows them.
Each document has a JSON Schema (draft-07), which the package ships: \`import.meta.resolve('cronsync/schemas/run.schema.json')\`.
Tests check the real output of every command with these schemas.

A program should look at the exit code first: 0 is success, and [failure](#failure) is the document of every command that fails before it has a result.
Times in text are RFC 3339 in UTC.
\`cronsync schema\` prints the JSON Schema of the config, with or without \`--json\`.
`;

function schemaLink(name: string): string {
  return `[${name}.schema.json](schemas/${name}.schema.json)`;
}

function sectionOf({ name, command, about, schema }: JsonDocument): string[] {
  const example = examples[name];
  const rows = rowsOf(schema, '').map(({ path, type, meaning }) => `| \`${path}\` | ${type} | ${meaning} |`);
  return [
    `## ${name}`,
    `\`${command}\`: ${schema.description} ${about}`.trim(),
    ['| member | type | meaning |', '|---|---|---|', ...rows].join('\n'),
    example === undefined ? '' : `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
  ].filter((part) => part !== '');
}

interface Row {
  readonly path: string;
  readonly type: string;
  readonly meaning: string;
}

/** One row for each member, those of inner objects with the path to them. */
function rowsOf({ properties = {}, required = [] }: DocumentSchema, above: string): Row[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = above + name;
    const type = required.includes(name) ? typeOf(schema) : `${typeOf(schema)}, may be absent`;
    return [{ path, type, meaning: schema.description }, ...innerRows(schema, path)];
  });
}

function innerRows(schema: DocumentSchema, path: string): Row[] {
  const { items, anyOf = [], additionalProperties } = schema;
  if (items) return innerRows(items, `${path}[]`);
  const form = [schema, ...anyOf].find(({ properties }) => properties);
  if (form) return rowsOf(form, `${path}.`);
  return typeof additionalProperties === 'object' ? innerRows(additionalProperties, `${path}.<name>`) : [];
}

function typeOf({
  type,
  format,
  enum: values,
  anyOf,
  const: value,
  items,
  additionalProperties,
}: DocumentSchema): string {
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (value !== undefined) return `\`"${value}"\``;
  if (values) return values.map((each) => `\`${JSON.stringify(each)}\``).join(' or ');
  if (items) return `list of ${typeOf(items)}s`;
  if (typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties)}s`;
  if (format === 'date-time') return 'time';
  return [type ?? 'any JSON']
    .flat()
    .map((each) => words[each] ?? each)
    .join(' or ');
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
};
