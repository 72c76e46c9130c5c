import type { OutboxLines, TargetReader } from '../../../target.ts';

/** What may be asked of an outbox. */
export type OutboxQuestions = Pick<TargetReader, 'outbox' | 'outboxLines'>;

/** Both questions, out of one that reads the events as bytes. */
export function outboxQuestions(read: TargetReader['outboxLines']): OutboxQuestions {
  return { outboxLines: read, outbox: async (after, limit) => textsOf(await read(after, limit)) };
}

function textsOf({ lines, ...where }: OutboxLines) {
  return { ...where, events: lines.texts() };
}
