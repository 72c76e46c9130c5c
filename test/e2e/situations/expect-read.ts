import { expect } from 'vitest';
import { readers } from './readers.ts';
import type { Situation } from './situation.ts';

/** Brings a situation about, and expects each reader to say what the table has. */
export async function expectRead({ provoke, verdict, problem, also = [], next }: Situation): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const provoked = await provoke(opened);
  for (const { name, read } of readers) {
    const reading = await read(provoked);
    const said = JSON.stringify(reading, null, 2);
    expect(reading.verdict, `${name}: ${said}`).toBe(verdict);
    if (!reading.problems) continue;
    const expected = problem === null ? [] : [problem, ...also];
    expect(
      reading.problems.map(({ id }) => id),
      `${name}: ${said}`,
    ).toEqual(expected);
    if (next !== undefined) expect(reading.problems[0]?.next, `${name}: ${said}`).toEqual(matching(next));
  }
}

function matching(next: string | RegExp): unknown {
  return next instanceof RegExp ? expect.stringMatching(next) : next;
}
