import { dump } from 'js-yaml';

/** How a config is written. */
type ConfigFormat = 'json' | 'yaml' | 'ts';

/** The text of a config's file. */
export function written(config: object, format: ConfigFormat): string {
  if (format === 'yaml') return dump(config, { lineWidth: 120, noRefs: true });
  return format === 'ts'
    ? `import { defineConfig } from 'cronsync';\n\nexport default defineConfig(${compact(config, inTypeScript)});\n`
    : `${compact(config, JSON.stringify)}\n`;
}

/** How a format is recognised by the name of its file; undefined if it is not. */
export function formatOf(file: string): ConfigFormat | undefined {
  const [, extension] = /\.(json|ya?ml|m?ts)$/.exec(file) ?? [];
  if (extension === 'json') return 'json';
  if (extension === undefined) return undefined;
  return extension.startsWith('y') ? 'yaml' : 'ts';
}

const widest = 100;

/** How a name of a member is written. */
type WriteName = (name: string) => string;

const inTypeScript: WriteName = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** JSON in which what fits on a line is on one. */
function compact(value: unknown, nameOf: WriteName, indent = ''): string {
  const line = onOneLine(value, nameOf);
  if (line.length + indent.length <= widest || typeof value !== 'object' || value === null) return line;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((element) => `${deeper}${compact(element, nameOf, deeper)}`)
    : Object.entries(value).map(([name, member]) => `${deeper}${nameOf(name)}: ${compact(member, nameOf, deeper)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function onOneLine(value: unknown, nameOf: WriteName): string {
  if (Array.isArray(value)) return `[${value.map((element) => onOneLine(element, nameOf)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${nameOf(name)}: ${onOneLine(member, nameOf)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
