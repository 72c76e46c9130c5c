import type { Child } from 'hono/jsx';

export interface Column {
  readonly title: string;
  /** Figures are set to the right. */
  readonly isNumber?: boolean;
}

export interface TableRow {
  readonly key: string;
  readonly cells: readonly Child[];
  readonly tone?: string;
}

/** A table with a caption. On a phone each row becomes a block, with the title of the column before each value. */
export function Table({
  caption,
  columns,
  rows,
}: {
  readonly caption: string;
  readonly columns: readonly (Column | string)[];
  readonly rows: readonly TableRow[];
}) {
  const all = columns.map((column): Column => (typeof column === 'string' ? { title: column } : column));
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          {all.map(({ title, isNumber }) => (
            <th scope="col" class={isNumber ? 'number' : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells, tone }) => (
          <tr id={key} class={tone}>
            {cells.map((cell, at) => (
              <td data-title={all[at]?.title} class={all[at]?.isNumber ? 'number' : undefined}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
