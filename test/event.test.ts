import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '../src/change.ts';
import {
  comparePositions,
  type EventContext,
  eventOf,
  formatPosition,
  generationAfter,
  moveEvent,
  parsePosition,
} from '../src/event.ts';
import type { Column } from '../src/record.ts';

const columns: readonly Column[] = [
  { name: 'id', kind: 'text' },
  { name: 'visits', kind: 'integer' },
  { name: 'tags', kind: 'json' },
];
const context: EventContext = {
  name: 'crm',
  source: '/crm',
  resource: 'customers',
  columns,
  time: '2026-01-31T12:00:00.000Z',
};
const position = { generation: 1_700_000_000_000, seq: 42 };

const created: Change = { type: 'created', key: '7', after: ['7', 1, '["a"]'] };
const updated: Change = {
  type: 'updated',
  key: '7',
  before: ['7', 1, '["a"]'],
  after: ['7', 2n ** 60n, null],
  changed: [1, 2],
};
const deleted: Change = { type: 'deleted', key: '7', before: ['7', 1, null] };
const gone: Change = { type: 'deleted', key: '7', before: null };

/** CloudEvents 1.0.2, sections 2 and 3.1: names of attributes, which are required, and what each may hold. */
const cloudEvent = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', minLength: 1 },
    source: { type: 'string', minLength: 1, pattern: '^\\S+$' },
    type: { type: 'string', minLength: 1 },
    subject: { type: 'string', minLength: 1 },
    time: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$' },
    datacontenttype: { const: 'application/json' },
    sequence: { type: 'string', minLength: 1 },
    data: {
      type: 'object',
      required: ['key', 'before', 'after'],
      properties: { key: { type: 'string' }, changed: { type: 'array', minItems: 1, items: { type: 'string' } } },
    },
  },
  propertyNames: { pattern: '^[a-z0-9]{1,20}$' },
  additionalProperties: { type: ['string', 'boolean', 'integer'] },
};
const isCloudEvent = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(cloudEvent);

describe('the event of a change', () => {
  test.each([created, updated, deleted, gone])('is a valid CloudEvent: %o', (change) => {
    const event = JSON.parse(eventOf(change, position, { ...context, cause: 'remap' }));
    expect(isCloudEvent(event), JSON.stringify(isCloudEvent.errors)).toBe(true);
  });

  test('stays one line of valid JSON whatever text it carries', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(text, text, (key, value) => {
        const change: Change = { type: 'created', key, after: [value, 0, JSON.stringify({ [value]: value })] };
        const line = eventOf(change, position, context);
        expect(line).not.toMatch(/[\n\r]/);
        const event = JSON.parse(line);
        expect(isCloudEvent(event), JSON.stringify(isCloudEvent.errors)).toBe(true);
        expect([event.subject, event.data.key, event.data.after.id]).toEqual([key, key, value]);
      }),
    );
  });

  test('has everything that was created', () => {
    expect(JSON.parse(eventOf(created, position, context))).toEqual({
      specversion: '1.0',
      id: 'crm:1700000000000-42',
      source: '/crm',
      type: 'customers.created',
      subject: '7',
      time: '2026-01-31T12:00:00.000Z',
      datacontenttype: 'application/json',
      sequence: '00000000000000000042',
      data: { key: '7', before: null, after: { id: '7', visits: 1, tags: ['a'] } },
    });
  });

  test('names the fields that changed, and writes integers past 2^53 as text', () => {
    expect(JSON.parse(eventOf(updated, position, context)).data).toEqual({
      key: '7',
      before: { id: '7', visits: 1, tags: ['a'] },
      after: { id: '7', visits: '1152921504606846976', tags: null },
      changed: ['visits', 'tags'],
    });
  });

  test('of a deletion keeps what the row held, if there was one', () => {
    expect(JSON.parse(eventOf(deleted, position, context)).data).toMatchObject({ before: { id: '7' }, after: null });
    expect(JSON.parse(eventOf(gone, position, context)).data).toEqual({ key: '7', before: null, after: null });
  });

  test('names a remap as its cause, and has no cause otherwise', () => {
    expect(JSON.parse(eventOf(created, position, { ...context, cause: 'remap' })).cause).toBe('remap');
    expect(JSON.parse(eventOf(created, position, context))).not.toHaveProperty('cause');
  });

  test('names the run and the adapter that it comes from, in any text', () => {
    const maker = { run: '3f2a90c41b7e', adapter: 'a "third" party' };
    const line = eventOf(created, position, { ...context, cause: 'remap', maker });
    const event = JSON.parse(line);
    expect(isCloudEvent(event), JSON.stringify(isCloudEvent.errors)).toBe(true);
    expect(event).toMatchObject({ cause: 'remap', syncrun: maker.run, syncadapter: maker.adapter });
    const moved = JSON.parse(moveEvent(line, 'crm', { generation: 5, seq: 43 }));
    expect(moved).toEqual({ ...event, id: 'crm:5-43', sequence: '00000000000000000043' });
    expect(JSON.parse(eventOf(created, position, context))).not.toHaveProperty('syncrun');
  });

  test('is what JSON.stringify makes of it, whatever its values are', () => {
    const visits = fc.oneof(fc.integer(), fc.double(), fc.constant(null), fc.constant(2n ** 60n), fc.boolean());
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null));
    const values = fc.tuple(text, visits, fc.json());
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1 }), (before, after, seq) => {
        const change: Change = { type: 'updated', key: 'é"', before, after, changed: [0, 2] };
        const fieldsOf = ([id, visits, tags]: typeof before) =>
          `{"id":${JSON.stringify(id)},"visits":${JSON.stringify(typeof visits === 'bigint' ? `${visits}` : visits)},"tags":${tags}}`;
        const envelope = JSON.stringify({
          ...{ specversion: '1.0', id: `crm:1-${seq}`, source: '/crm', type: 'customers.updated', subject: 'é"' },
          ...{ time: context.time, datacontenttype: 'application/json', sequence: String(seq).padStart(20, '0') },
        });
        const data = `{"key":"é\\"","before":${fieldsOf(before)},"after":${fieldsOf(after)},"changed":["id","tags"]}`;
        expect(eventOf(change, { generation: 1, seq }, context)).toBe(`${envelope.slice(0, -1)},"data":${data}}`);
      }),
    );
  });

  test('has sequences that sort as text', () => {
    const sequenceOf = (seq: number) => JSON.parse(eventOf(created, { generation: 1, seq }, context)).sequence;
    const sequences = [1, 9, 10, 99, 100, 9_007_199_254_740_991].map(sequenceOf);
    expect([...sequences].sort()).toEqual(sequences);
  });

  test('is the same at another position but for id and sequence', () => {
    const event = JSON.parse(eventOf(updated, position, context));
    const moved = JSON.parse(moveEvent(JSON.stringify(event), 'crm', { generation: 5, seq: 43 }));
    expect(moved).toEqual({ ...event, id: 'crm:5-43', sequence: '00000000000000000043' });
  });

  test('keeps every digit and every text at another position', () => {
    const columns: Column[] = [
      { name: 'id', kind: 'text' },
      { name: 'more', kind: 'json' },
    ];
    const values = ['"id":"1","sequence":"2"', '{"id":"x","n":9007199254740993,"sequence":"7"}'];
    const create = (at: typeof position) =>
      eventOf({ type: 'created', key: values[0] ?? '', after: values }, at, { ...context, columns });
    const there = { generation: 5, seq: 43 };
    expect(moveEvent(create(position), context.name, there)).toBe(create(there));
  });
});

describe('a position', () => {
  test('reads back as it was written', () => {
    expect(parsePosition(formatPosition(position))).toEqual(position);
  });

  test.each(['', '1', '1-', '-1', '1-2-3', '1-x', '1.5-2', '*'])('is not %j', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  test('stands by its generation first', () => {
    const ordered = [
      { generation: 0, seq: 0 },
      { generation: 1, seq: 9 },
      { generation: 2, seq: 1 },
      { generation: 2, seq: 10 },
    ];
    expect([...ordered].reverse().sort(comparePositions)).toEqual(ordered);
  });

  test('is followed by a generation of its own, as long as there is one', () => {
    expect(generationAfter({ generation: 7, seq: 3 })).toBe(8);
    expect(generationAfter({ generation: 2 ** 64, seq: 3 })).toBe(0);
  });
});
