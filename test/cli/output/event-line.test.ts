import { describe, expect, test } from 'vitest';
import { eventLine, type PrintedEvent } from '../../../src/cli/output/event-line.ts';
import { aTerminal } from '../a-terminal.ts';

const head = { sequence: '00000000000000000042', time: '2026-01-31T12:00:00.000Z', subject: '7' };
const updated: PrintedEvent = {
  ...head,
  type: 'customers.updated',
  data: {
    before: { id: '7', state: 'lead', tags: ['a'] },
    after: { id: '7', state: null, tags: [] },
    changed: ['state', 'tags'],
  },
};
const plain = { paint: aTerminal().out, columns: undefined };

describe('the line of an event', () => {
  test('shows each field of an update as it was and as it is', () => {
    expect(eventLine(updated, plain)).toBe(
      '42 2026-01-31T12:00:00.000Z customers.updated 7  state: "lead" → null, tags: ["a"] → []',
    );
    const { out: paint } = aTerminal({ colours: true });
    expect(eventLine(updated, { paint, columns: undefined })).toContain('state: <red "lead"> → <green null>');
  });

  test('shows the fields of a record that is new or gone, without its key and what is empty', () => {
    const created = {
      ...head,
      type: 'customers.created',
      data: { before: null, after: { id: '7', state: 'lead', tags: null } },
    };
    expect(eventLine(created, plain)).toBe('42 2026-01-31T12:00:00.000Z customers.created 7  state="lead"');
    const gone = { ...head, type: 'customers.deleted', data: { before: null, after: null } };
    expect(eventLine(gone, plain)).toBe('42 2026-01-31T12:00:00.000Z customers.deleted 7');
  });

  test('shows the data of an event about the sync itself', () => {
    const { subject: _, ...about } = head;
    const failed = { ...about, type: 'sync.run.failed', data: { exitCode: 69 } };
    expect(eventLine(failed, plain)).toBe('42 2026-01-31T12:00:00.000Z sync.run.failed  exitCode=69');
  });

  test('fits the terminal, and has nothing that controls it', () => {
    const long = {
      ...updated,
      data: { before: { state: '\u001b[2J\u009b' }, after: { state: 'x'.repeat(500) }, changed: ['state'] },
    };
    const line = eventLine(long, { ...plain, columns: 80 });
    expect(line).toHaveLength(80);
    expect(line).toMatch(/…$/);
    expect(eventLine(long, plain)).toMatch(/^[ -~→…]{100,260}$/);
  });
});
