import type { Paint } from '../terminal.ts';
import { printable } from './printable.ts';
import { fitted } from './width.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is printed of an event; an event about the sync itself has no subject, and other data. */
export interface PrintedEvent {
  readonly sequence: string;
  readonly time: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: Fields & {
    readonly before?: Fields | null;
    readonly after?: Fields | null;
    readonly changed?: readonly string[];
  };
}

/** What a line may take: colours, and so many columns; undefined where stdout is not a terminal. */
export interface LineRoom {
  readonly paint: Paint;
  readonly columns: number | undefined;
}

const longestValue = 60;
/** How much is shown of a record that was created or deleted, where stdout is not a terminal. */
const longestRecord = 100;

/** One event in one line: an update with each field's old and new value, any other with its fields, all of them cut. */
export function eventLine(event: PrintedEvent, { paint, columns }: LineRoom): string {
  const { sequence, time, type, subject = '' } = event;
  const head = `${paint.dim(`${Number(sequence)} ${time}`)} ${type} ${paint.bold(printable(subject))}`.trimEnd();
  const values = valuesOf(event, paint);
  const line = values === '' ? head : `${head}  ${values}`;
  return columns === undefined ? line : fitted(line, columns);
}

function valuesOf({ subject, data }: PrintedEvent, paint: Paint): string {
  const { before, after, changed } = data;
  if (changed) {
    const fields = changed.map((name) => {
      return `${printable(name)}: ${paint.red(shortly(before?.[name]))} → ${paint.green(shortly(after?.[name]))}`;
    });
    return fields.join(', ');
  }
  const isChange = before !== undefined || after !== undefined;
  if (!isChange && typeof data.message === 'string') return paint.dim(printable(data.message));
  const fields = Object.entries((isChange ? (after ?? before) : data) ?? {});
  const shown = fields.filter(([, value]) => value !== null && String(value) !== subject);
  const text = shown.map(([name, value]) => `${printable(name)}=${shortly(value)}`).join(' ');
  return text === '' ? '' : paint.dim(fitted(text, longestRecord));
}

/** JSON, without what controls a terminal. */
function shortly(value: unknown): string {
  const text = printable(JSON.stringify(value ?? null));
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
