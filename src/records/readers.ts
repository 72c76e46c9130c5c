import { expressionIn } from './field-source.ts';
import { type Mapping, mappedColumns } from './prepare.ts';

/** Compiles what finds the columns whose expression reads a path: one that names the path, or what leads on from it. */
export function readersIn(mapping: Mapping): (path: string) => readonly string[] {
  const read = mappedColumns(mapping).map(({ name }) => {
    return { name, text: normalized(expressionIn(mapping.map?.[name] ?? name)) };
  });
  return (path) => read.filter(({ text }) => names(text, normalized(path))).map(({ name }) => name);
}

/** An index and a slice of a list read its elements. */
function normalized(expression: string): string {
  return expression.replace(/\[[-\d:*]*\]/g, '[]').replace(/\s+/g, '');
}

/** Whether an expression has this path, and not only one that begins or ends like it. */
function names(expression: string, path: string): boolean {
  for (let at = expression.indexOf(path); at !== -1; at = expression.indexOf(path, at + 1)) {
    const before = expression[at - 1] ?? '';
    const after = expression[at + path.length] ?? '';
    if (!/[\w."]/.test(before) && !/[\w"]/.test(after)) return true;
  }
  return false;
}
