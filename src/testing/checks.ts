import { answers } from './answers.ts';
import type { Check } from './check.ts';
import { pages } from './pages.ts';
import type { AdapterSubject } from './subject.ts';

export type { AdapterSubject } from './subject.ts';

/** `test` of node:test, vitest, jest, bun, or `it` of mocha. */
export type RegisterTest = (name: string, run: () => Promise<void>) => unknown;

/**
 * Registers every check with a test runner: `testAdapter(test, { resource, create, serve, records, key, hits })`. Each check
 * starts its own third party on a port of this machine.
 */
export function testAdapter(test: RegisterTest, subject: AdapterSubject): void {
  for (const { name, run } of adapterChecks(subject)) test(name, run);
}

/** The checks themselves, for use without a test runner. */
export function adapterChecks(subject: AdapterSubject): readonly Check[] {
  return [...pages(subject), ...answers(subject)];
}
