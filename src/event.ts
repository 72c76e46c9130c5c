import type { Change } from './change.ts';
import type { Column, Value, Values } from './record.ts';

/** Where an event stands on the stream: `<generation>-<seq>`. `seq` starts at 1, is gap-free and in commit order. */
export interface Position {
  readonly generation: number;
  readonly seq: number;
}

export const beforeEverything: Position = { generation: 0, seq: 0 };

export function comparePositions(a: Position, b: Position): number {
  return a.generation - b.generation || a.seq - b.seq;
}

export function formatPosition({ generation, seq }: Position): string {
  return `${generation}-${seq}`;
}

/** Reads `<generation>-<seq>`; undefined if the text is something else. */
export function parsePosition(text: string): Position | undefined {
  const [, generation, seq] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  return generation === undefined ? undefined : { generation: Number(generation), seq: Number(seq) };
}

/** The generation after all that the stream has. 0, which asks for nothing, if the largest possible one is already used. */
export function generationAfter({ generation }: Position): number {
  return generation < Number.MAX_SAFE_INTEGER ? generation + 1 : 0;
}

/** What all events of one transaction share. */
export interface EventContext {
  readonly name: string;
  readonly source: string;
  readonly resource: string;
  readonly columns: readonly Column[];
  /** The commit's time, RFC 3339. */
  readonly time: string;
  /** The reason of the whole pass, if it is not a change at the third party. */
  readonly cause?: 'remap';
  readonly maker?: EventMaker;
}

/** Who has written a change: extension attributes of its event. */
export interface EventMaker {
  /** The id of the run. */
  readonly run: string;
  /** The adapter that it read. */
  readonly adapter: string;
  /** The span of the commit, where a trace of the run is recorded (CloudEvents, distributed tracing extension). */
  readonly traceparent?: string;
}

/** The structured JSON of a change's event (CloudEvents 1.0.2, JSON format 1.0.2; `sequence` is its official extension). */
export function eventOf(change: Change, position: Position, context: EventContext): string {
  return eventWriter(context)(change, position);
}

/**
 * Makes what writes the events of one transaction: what they share is made once. Until a text is read, V8 keeps it as all of its
 * parts, which takes more memory: each should be written out at once.
 */
export function eventWriter(context: EventContext): (change: Change, position: Position) => string {
  const { columns, resource } = context;
  const write = envelopeOf(context);
  const fields = fieldsWriter(columns);
  const names = columns.map(({ name }) => JSON.stringify(name));
  return (change, position) => {
    const key = JSON.stringify(change.key);
    const before = fields(change.type === 'created' ? null : change.before);
    const after = fields(change.type === 'deleted' ? null : change.after);
    const changed = change.type === 'updated' ? `,"changed":[${change.changed.map((at) => names[at]).join()}]` : '';
    const why = (change.type === 'deleted' ? undefined : change.cause) ?? context.cause;
    const data = `{"key":${key},"before":${before},"after":${after}${changed}}`;
    return write(position, `${resource}.${change.type}`, `,"subject":${key}`, why, data);
  };
}

/** What an event says besides its data and its position. */
export interface EventHead {
  readonly name: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string | undefined;
  /** RFC 3339. */
  readonly time: string;
  readonly cause?: string | undefined;
  readonly maker?: EventMaker | undefined;
}

/** An event as JSON. `data` is JSON already. */
export function eventText(position: Position, head: EventHead, data: string): string {
  const subject = head.subject === undefined ? '' : `,"subject":${JSON.stringify(head.subject)}`;
  return envelopeOf(head)(position, head.type, subject, head.cause, data);
}

/** What makes a number of so many digits one of 20. */
const zeros = Array.from({ length: 21 }, (_, digits) => '0'.repeat(20 - digits));

/** Makes what puts an event together. `subject` is that member, or nothing; `data` is JSON. */
function envelopeOf({ name, source, time, maker }: Pick<EventHead, 'name' | 'source' | 'time' | 'maker'>) {
  const first = `{"specversion":"1.0","id":"${name}:`;
  const second = `","source":${JSON.stringify(source)},"type":"`;
  const third = `,"time":"${time}","datacontenttype":"application/json","sequence":"`;
  const made = `${madeBy(maker)},"data":`;
  return ({ generation, seq }: Position, type: string, subject: string, cause: string | undefined, data: string) => {
    const why = cause ? `,"cause":"${cause}"` : '';
    const digits = String(seq);
    const sequence = `${zeros[digits.length]}${digits}`;
    return `${first}${generation}-${digits}${second}${type}"${subject}${third}${sequence}"${why}${made}${data}}`;
  };
}

function madeBy(maker: EventMaker | undefined): string {
  if (!maker) return '';
  const trace = maker.traceparent === undefined ? '' : `,"traceparent":"${maker.traceparent}"`;
  return `,"syncrun":${JSON.stringify(maker.run)},"syncadapter":${JSON.stringify(maker.adapter)}${trace}`;
}

/**
 * The same event at another position: a rebase changes nothing but the numbers. The text is edited, because JSON.parse would
 * round integers past 2^53. The patterns cannot match inside a string, where quotes are escaped.
 */
export function moveEvent(event: string, name: string, { generation, seq }: Position): string {
  return event
    .replace(/"id":"[^"]*"/, () => `"id":"${name}:${generation}-${seq}"`)
    .replace(/"sequence":"\d*"/, () => `"sequence":"${String(seq).padStart(20, '0')}"`);
}

/** The fields of a record as a JSON object. The text of a JSON column is used as it is, and integers past 2^53 are written as text. */
export function fieldsJson(values: Values | null, columns: readonly Column[]): string {
  return fieldsWriter(columns)(values);
}

function fieldsWriter(columns: readonly Column[]): (values: Values | null) => string {
  const heads = columns.map(({ name }, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const isJson = columns.map(({ kind }) => kind === 'json');
  const end = columns.length === 0 ? '{}' : '}';
  return (values) => {
    if (values === null) return 'null';
    let text = '';
    for (let at = 0; at < heads.length; at += 1)
      text += `${heads[at]}${valueJson(values[at] ?? null, isJson[at] === true)}`;
    return `${text}${end}`;
  };
}

/** An integer past 2^53 is written as a string: most readers of JSON would round it. */
function valueJson(value: Value, isJson: boolean): string {
  if (typeof value === 'string') return isJson ? value : JSON.stringify(value);
  if (typeof value === 'bigint') return `"${value}"`;
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : `${value}`;
}
