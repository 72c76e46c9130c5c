import { expect } from 'vitest';
import { deadLetters, groupsOf } from './listening.ts';
import type { Model } from './model.ts';
import { outOfOrder, type Receiver } from './receiver.ts';
import { expectInStep, type Project } from './sync.ts';

/** What must hold once nothing fails any more and everything is delivered, whatever has failed before (docs/protocol.md section 10). */
export async function expectPromisesKept(project: Project, model: Model, receiver: Receiver): Promise<void> {
  // A stream that was lost begins again where its groups stand.
  await expectInStep(project, { isTrimmed: true });
  const events = await project.database.events();
  model.expectNothingInvented(events);

  const taken = receiver.taken();
  expect(new Set(taken.map(({ event }) => event.id))).toEqual(new Set(events.map(({ id }) => id)));
  expect(outOfOrder(taken)).toEqual([]);
  expect(receiver.forged).toEqual([]);
  const groups = await groupsOf(project);
  expect(groups.map(({ pending }) => pending)).toEqual([0]);
  const isPostgres = project.config.target.type === 'postgres';
  expect(isPostgres ? await project.database.query('SELECT * FROM _sync_dead') : deadLetters(project)).toEqual([]);
}
