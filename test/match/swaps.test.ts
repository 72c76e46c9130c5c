import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aSwap, person, unreadable } from './a-swap.ts';

// Three third parties know the same people: the hub's ids are most of the lab's too, of other people. They are read in any
// order, each with whom it knows at the time; some cannot be read, passes break off between pages and are gone on with, or not.
// A failure prints its seed; SYNC_SEED=<seed> repeats it.

const { SYNC_SEED } = process.env;

const idsAt = {
  hub: (nth: number) => `${nth}`,
  lab: (nth: number) => `${9 - nth}`,
  third: (nth: number) => `t${nth}`,
};
type Name = keyof typeof idsAt;

interface Brought {
  readonly nth: number;
  readonly state: string;
  readonly isReadable: boolean;
  /** Another one than everybody else knows, or none. */
  readonly email: 'known' | 'other' | 'none';
  readonly startsPage: boolean;
}

interface Step {
  readonly name: Name;
  readonly brought: readonly Brought[];
  readonly isCut: boolean;
  /** After a run that was cut short: its pass continues. */
  readonly goesOn: boolean;
}

function stepWith(emails: fc.Arbitrary<Brought['email']>, states: readonly string[]): fc.Arbitrary<Step> {
  const one = fc.record({
    nth: fc.nat(8),
    state: fc.constantFrom(...states),
    isReadable: fc.nat(11).map((n) => n > 0),
    email: emails,
    startsPage: fc.nat(3).map((n) => n === 0),
  });
  return fc.record({
    name: fc.constantFrom<Name>('hub', 'lab', 'third'),
    brought: fc.uniqueArray(one, { selector: ({ nth }) => nth, maxLength: 9, size: 'max' }),
    isCut: fc.nat(3).map((n) => n === 0),
    goesOn: fc.boolean(),
  });
}

const emailOf = ({ nth, email }: Brought) => ({ known: `u${nth}@`, other: `o${nth}@`, none: null })[email];

function pagesOf({ name, brought }: Step) {
  const pages: object[][] = [[]];
  for (const each of brought) {
    if (each.startsPage) pages.push([]);
    const state = each.isReadable ? each.state : unreadable;
    pages.at(-1)?.push({ ...person(idsAt[name](each.nth), emailOf(each), state), who: `u${each.nth}` });
  }
  return pages;
}

const text = { type: ['string', 'null'] };
const schema = {
  type: 'object' as const,
  properties: { id: { type: 'string' }, email: text, state: text, who: text },
  required: ['id'],
};

/** A step as it is taken: a pass that is under way continues with what its third party had when it began. */
interface Played extends Step {
  readonly startsPass: boolean;
  readonly match: readonly string[] | null;
}

/** The steps in order. If match is added late, it is added with the first other third party. */
function played(steps: readonly Step[], isLate: boolean): Played[] {
  let underWay: Step | null = null;
  let matches = !isLate;
  return steps.map((given) => {
    const before: Step | null = underWay;
    const goesOn = before !== null && (given.goesOn || given.name === before.name);
    const step = goesOn && before ? { ...before, isCut: false } : given;
    underWay = step.isCut && pagesOf(step).length > 1 ? step : null;
    matches ||= step.name !== 'hub';
    return { ...step, startsPass: !goesOn, match: matches ? ['email'] : null };
  });
}

type System = ReturnType<typeof aSwap>;
const states = ['active', 'gone', 'gold', 'new', 'old', 'away'];

function steps(emails: readonly Brought['email'][], all = states): fc.Arbitrary<Step[]> {
  return fc.array(stepWith(fc.constantFrom(...emails), all), { minLength: 2, maxLength: 7 });
}

/** Takes a step; a plan of it must have said just what its run did, unless that went on with another, or was cut. */
async function take(system: System, step: Played, isPlanned = true): Promise<{ readonly isProven: boolean }> {
  const { name, match, isCut } = step;
  const pages = pagesOf(step);
  const planned = isCut || !step.startsPass || !isPlanned ? null : await system.plan(name, pages, { match });
  const summary = await system.run(name, pages, { match, ...(isCut && { maxPages: 1 }) });
  expect(summary.errors).toEqual([]);
  if (planned) expectPlanned(summary, planned);
  return { isProven: summary.outcome === 'done' && summary.warnings.length === 0 };
}

/** A record that changes and loses a value is updated twice: a value becomes empty at the end of the pass. */
function expectPlanned({ counts, rejected }: Awaited<ReturnType<System['run']>>, planned: Plan): void {
  const expected = withoutHeld(planned);
  expect({ ...counts, updated: 0, rejected }).toEqual({ ...expected, updated: 0, rejected: planned.rejected });
  expect(counts.updated).toBeGreaterThanOrEqual(expected.updated);
  expect(counts.updated).toBeLessThanOrEqual(2 * expected.updated);
}

type Plan = Awaited<ReturnType<System['plan']>>;

function withoutHeld({ counts, verdict }: Plan) {
  return verdict?.delete === 'held' ? { ...counts, deleted: 0 } : counts;
}

const options = { numRuns: 40, ...(SYNC_SEED && { seed: Number(SYNC_SEED) }) };

test('people keep their keys and are there once each, in whatever order the adapters bring them', {
  timeout: 60_000,
}, async () => {
  const play = fc.asyncProperty(steps(['known']), fc.boolean(), async (given, isLate) => {
    using system = aSwap({ schema });
    const whose = new Map<unknown, unknown>();
    let live: ReturnType<System['live']> = [];
    for (const step of played(given, isLate)) {
      const { isProven } = await take(system, step);
      const after = system.live();
      const here = new Set<unknown>(step.brought.map(emailOf));
      const keys = new Set(after.map(({ id }) => id));
      expect(live.filter(({ id, email }) => here.has(email) && !keys.has(id))).toEqual([]);
      live = after;
      const emails = after.map(({ email }) => email);
      expect(emails).toEqual([...new Set(emails)]);
      for (const { id, who } of after) expect(whose.get(id) ?? who).toBe(who);
      for (const { id, who } of after) whose.set(id, who);
      const readable = step.brought.filter(({ isReadable }) => isReadable).map(emailOf);
      if (isProven) expect(emails).toEqual(expect.arrayContaining(readable));
    }
  });
  await fc.assert(play, options);
});

const emails = ['known', 'known', 'known', 'other', 'none'] as const;

test.each([
  ['if emails change or are missing', false],
  ['if the database refuses some records', true],
])('no key is ever given to another person, also %s', { timeout: 60_000 }, async (_, refuses) => {
  const all = refuses ? [...states, 'refused'] : states;
  const play = fc.asyncProperty(steps(emails, all), fc.boolean(), async (given, isLate) => {
    using system = aSwap({ schema });
    if (refuses) system.sql(refusing);
    const whose = new Map<unknown, unknown>();
    for (const step of played(given, isLate)) {
      await take(system, step, !refuses);
      for (const { id, who } of system.live()) expect(whose.get(id) ?? who).toBe(who);
      for (const { id, who } of system.live()) whose.set(id, who);
    }
  });
  await fc.assert(play, options);
});

const refusing = `
  CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT, state TEXT, who TEXT, deleted_at TEXT);
  CREATE TRIGGER refuse BEFORE INSERT ON people WHEN new.state = 'refused' BEGIN SELECT RAISE(ABORT, 'no'); END`;
