import { expect, test } from 'vitest';
import { type Reading, readers } from './readers.ts';
import type { Situation } from './situation.ts';

/** A test of each of these situations, as far as the machine allows it. */
export function testSituations(situations: readonly Situation[]): void {
  for (const situation of situations) {
    const { name, verdict, problem } = situation;
    const title = `${name}: the verdict is ${verdict}, and ${problem === null ? 'there is no problem' : `the problem is ${problem}`}`;
    test.skipIf(!isPossible(situation))(title, () => expectRead(situation));
  }
}

function isPossible({ needs }: Situation): boolean {
  if (needs !== undefined && process.platform !== 'linux') return false;
  return needs !== 'root' || process.getuid?.() === 0;
}

/** Brings a situation about, and expects each reader to say what the table has. */
async function expectRead({ provoke, verdict, problem, also = [], next }: Situation): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const provoked = await provoke(opened);
  const urgents: number[] = [];
  for (const { name, read } of readers) {
    const reading = await read(provoked);
    const said = `${name}: ${JSON.stringify(reading, null, 2)}`;
    expect(reading.verdict, said).toBe(verdict);
    if (reading.problems) expectProblems(reading.problems, { problem, also, next }, said);
    urgents.push(reading.urgent);
  }
  expect(new Set(urgents).size, `${urgents}`).toBe(1);
}

function expectProblems(
  problems: NonNullable<Reading['problems']>,
  {
    problem,
    also,
    next,
  }: Pick<Required<Situation>, 'problem' | 'also'> & { readonly next: Situation['next'] | undefined },
  said: string,
): void {
  const ids = problem === null ? [] : [problem, ...also];
  expect(
    problems.map(({ id }) => id),
    said,
  ).toEqual(ids);
  if (next === undefined) return;
  expect(problems[0]?.next, said).toEqual(next instanceof RegExp ? expect.stringMatching(next) : next);
}
