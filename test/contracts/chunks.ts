import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PageRequest, SnapshotPage } from '../../src/adapter.ts';
import { LineCutter } from '../../src/adapters/file/line-cutter.ts';
import { ndjsonLines } from '../../src/adapters/file/ndjson.ts';
import { BodyChunk } from '../../src/adapters/rest/body-chunk.ts';
import type { Checkpoint } from '../../src/checkpoint.ts';
import { ProtocolError } from '../../src/errors.ts';
import { BatchSize } from '../../src/pass/page/batches.ts';
import { Pass } from '../../src/pass/pass.ts';
import type { Resource } from '../../src/pass/resource.ts';
import { SeenSet } from '../../src/pass/seen-set.ts';
import { columnsOf } from '../../src/records/columns.ts';
import { hashOf } from '../../src/records/hash.ts';
import { compilePrepare } from '../../src/records/prepare.ts';
import { compileWatch } from '../../src/records/watch.ts';
import type { RunContext } from '../../src/run/context.ts';
import type { Target } from '../../src/target.ts';
import { checkSample } from '../../src/verify/sample.ts';
import { aGuard } from '../pass/a-pass.ts';
import { aRun, thirdPartyOf } from '../run/a-run.ts';
import type { TargetWorld } from './target.ts';

const { SYNC_LONG, SYNC_SEED } = process.env;

type Record = { readonly id: string; readonly email: unknown; readonly visits: number };

/** How the document changes. Positions are shares of its length. */
type Edit =
  | { readonly op: 'visit' | 'empty' | 'spoil' | 'remove' | 'insert'; readonly at: number }
  | { readonly op: 'copy' | 'move'; readonly at: number; readonly to: number };

/** What happens before a run, and how the run goes. */
interface Step {
  readonly edits: readonly Edit[];
  /** What somebody else does to the table. */
  readonly foreign: readonly { readonly op: 'update' | 'delete'; readonly at: number }[];
  /** A file is one page in chunks of lines; otherwise each page is a chunk. */
  readonly pages: 'file' | 1 | 2 | 3;
  readonly batch: number;
  readonly run: 'plain' | 'full' | 'verify' | 'repair' | 'new-shape' | 'new-release' | 'permit' | 'limited';
  /** The run ends before the pass does: another one goes on. */
  readonly ends: 'whole' | 'after-page' | 'broken' | 'killed';
  readonly where: number;
}

const share = fc.integer({ min: 0, max: 99 }).map((part) => part / 100);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ op: fc.constantFrom('visit', 'empty', 'spoil', 'remove', 'insert' as const), at: share }),
  fc.record({ op: fc.constantFrom('copy', 'move' as const), at: share, to: share }),
);
const step: fc.Arbitrary<Step> = fc.record({
  edits: fc.oneof(fc.constant([]), fc.array(edit, { maxLength: 3 })),
  foreign: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.record({ op: fc.constantFrom('update', 'delete' as const), at: share }), { maxLength: 2 }),
  ),
  pages: fc.constantFrom<Step['pages'][]>('file', 'file', 1, 2, 3),
  batch: fc.integer({ min: 2, max: 30 }),
  run: fc.oneof(
    { weight: 8, arbitrary: fc.constant('plain' as const) },
    fc.constantFrom('full', 'verify', 'repair', 'new-shape', 'new-release', 'permit', 'limited' as const),
  ),
  ends: fc.oneof(
    { weight: 6, arbitrary: fc.constant('whole' as const) },
    fc.constantFrom('after-page', 'broken', 'killed' as const),
  ),
  where: share,
});

/** A pass may pass over chunks that it knows; everything that it leaves behind is as if it had read every record. */
export function chunksContract(name: string, world: () => Promise<TargetWorld>, numRuns: number): void {
  test(`${name}: chunks that are passed over leave everything as if they had been read`, {
    timeout: 600_000,
  }, async () => {
    const read = { all: 0, some: 0 };
    const histories = fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.array(step, { minLength: 2, maxLength: 7 }),
      async (size, steps) => {
        await using its = await world();
        const reading = await aSync(its, 'reads', false);
        const remembering = await aSync(its, 'remembers', true);
        let document = Array.from({ length: size }, (_, n) => aRecord(n));
        for (const [n, each] of [firstLoad, firstLoad, ...steps].entries()) {
          document = each.edits.reduce((before, change, at) => edited(before, change, n * 100 + at), document);
          const [all, some] = [await reading.run(document, each, n), await remembering.run(document, each, n)];
          expect(some, `run ${n}`).toEqual(all);
        }
        read.all += reading.prepared();
        read.some += remembering.prepared();
        await reading.close();
        await remembering.close();
      },
    );
    await fc.assert(histories, {
      numRuns: SYNC_LONG === 'yes' ? numRuns * 20 : numRuns,
      ...(SYNC_SEED && { seed: Number(SYNC_SEED) }),
    });
    expect(read.some).toBeLessThan(read.all);
  });
}

const firstLoad: Step = {
  ...{ edits: [], foreign: [], pages: 'file', batch: 30 },
  run: 'plain',
  ends: 'whole',
  where: 0,
};

function aRecord(n: number): Record {
  return { id: `${n}`, email: `${n}@example.com`, visits: n % 7 };
}

function edited(document: readonly Record[], { at, ...change }: Edit, fresh: number): Record[] {
  const from = Math.floor(at * document.length);
  const one = document[from] ?? aRecord(fresh);
  const to = 'to' in change ? Math.floor(change.to * document.length) : from;
  switch (change.op) {
    case 'visit':
      return document.with(from, { ...one, visits: fresh });
    case 'empty':
      return document.with(from, { ...one, email: null });
    case 'spoil':
      return document.with(from, { ...one, email: [] });
    case 'remove':
      return document.length > 1 ? document.toSpliced(from, 1) : [...document];
    case 'insert':
      return document.toSpliced(from, 0, { ...aRecord(fresh), id: `new-${fresh}` });
    case 'copy':
      return document.toSpliced(to, 0, { ...one, visits: fresh % 2 === 0 ? one.visits : fresh });
    case 'move':
      return document.toSpliced(from, 1).toSpliced(to, 0, one);
  }
}

const nullable = ['string', 'null'] as const;
const schema = {
  type: 'object',
  properties: { id: { type: 'string' }, email: { type: nullable }, visits: { type: 'integer' } },
} as const;

/** Batches of so many records. */
class SetSize extends BatchSize {
  readonly #records: number;

  constructor(records: number) {
    super(100);
    this.#records = records;
  }

  override get value(): number {
    return this.#records;
  }
}

/** A sync with a table of its own, and what a run leaves behind. */
async function aSync(world: TargetWorld, name: string, remembers: boolean) {
  const columns = columnsOf(schema);
  const prepare = await compilePrepare({ schema, key: ['id'] });
  let [prepared, shape, release, takenOver, clock] = [0, 0, 0, 0, 1_000_000];
  let target: Target | undefined;
  let hasFailed = false;
  const resourceFor = async ({ run }: Step): Promise<Resource> => ({
    table: { resource: 'people', table: name, key: ['id'], columns, mapped: columns, onDelete: 'soft' },
    prepare: (raw) => {
      prepared += 1;
      return prepare(raw);
    },
    watch: await compileWatch({ schema, key: ['id'] }),
    hash: hashOf(columns),
    shape: `shape-${shape}`,
    everyMs: 0,
    maxRejectRatio: 0.3,
    maxPages: 1000,
    guard: { ...aGuard, ...(run === 'limited' && { maxUpdates: { count: 1 } }) },
    ...(remembers && { chunks: { meaning: `shape-${shape} ${release}`, leastRecords: 1 } }),
  });
  /** Another run begins. */
  const begin = async (resource: Resource) => {
    await target?.[Symbol.asyncDispose]();
    target = await world.open(name);
    takenOver += 1;
    await target.takeOver({ run: `run-${takenOver}`, holder: 'host:1' }, [resource.table], 0);
    return target;
  };

  /** Goes on until the pass is over, or a run ends early. Returns what it reports. */
  async function walk(resource: Resource, document: readonly Record[], step: Step, ends: Step['ends'], n: number) {
    const warnings: string[] = [];
    const target = await begin(resource);
    if (step.run === 'repair') {
      const known = await target.known(resource.table, { after: 0, limit: 1000 });
      await target.forget(
        'people',
        known.slice(0, 2).map(({ id }) => id),
      );
    }
    const pass = new Pass(resource, await target.pass('people'));
    const at = Math.floor(step.where * document.length);
    const adapter = {
      fetchPage: async (request: PageRequest) => pageOf(document, step.pages, request, ends === 'broken' ? at : null),
    };
    const run: RunContext = aRun(ends === 'killed' ? killedAfter(target, n % 3) : target, {
      thirdParty: thirdPartyOf('acme', { modes: () => ['snapshot'], isStable: () => false, ...adapter }),
      batchSize: new SetSize(step.batch),
      now: () => clock,
      warn: (warning) => warnings.push(warning),
    });
    if (step.run === 'full' || step.run === 'verify') pass.startOver({ verifies: step.run === 'verify' });
    if (step.run === 'permit') for (const what of ['deletes', 'updates'] as const) await pass.permit(what, run);
    for (;;) {
      try {
        const { taken, ended } = await pass.step(run);
        const { checkpoint: _, held: _held, paths: _paths, ...brought } = taken ?? {};
        if (ended) return { brought, ended, warnings, drift: await checkSample(pass, run) };
        if (ends === 'after-page') return null;
      } catch (error) {
        // A page may repeat another one.
        if (error instanceof ProtocolError) await pass.fail(error, run);
        else if (ends !== 'killed') throw error;
        return { error: String(error), warnings };
      }
    }
  }

  return {
    prepared: () => prepared,
    close: () => target?.[Symbol.asyncDispose](),
    async run(document: readonly Record[], step: Step, n: number) {
      clock += 60_000;
      if (step.run === 'new-shape') shape += 1;
      if (step.run === 'new-release') release += 1;
      const resource = await resourceFor(step);
      const live = n === 0 ? [] : (await world.rows(`SELECT id FROM ${name} ORDER BY id`)).map(({ id }) => String(id));
      for (const { op, at } of step.foreign) {
        const where = `WHERE id = '${live[Math.floor(at * live.length)] ?? ''}'`;
        await world.sql(
          op === 'delete' ? `DELETE FROM ${name} ${where}` : `UPDATE ${name} SET visits = -${n} ${where}`,
        );
      }
      const isCut = step.ends !== 'whole';
      hasFailed ||= step.ends === 'broken' || step.ends === 'killed';
      if (isCut) await walk(resource, document, step, step.ends, n);
      const report = await walk(resource, document, isCut ? { ...step, run: 'plain' } : step, 'whole', n);
      return leftBy(target as Target, world, { name, resource, isCut: isCut || hasFailed, report });
    },
  };
}

interface Left {
  readonly name: string;
  readonly resource: Resource;
  /** How far a run came that ended early may differ, and with it what was written by which pass. */
  readonly isCut: boolean;
  readonly report: object | null;
}

/** Everything that a pass leaves behind, but the chunks. */
async function leftBy(target: Target, world: TargetWorld, { name, resource, isCut, report }: Left) {
  const stored = await target.pass('people');
  const { chunks: _, ...checkpoint } = stored?.checkpoint ?? ({} as never);
  const { events } = await target.outbox({ generation: 0, seq: 0 }, 1_000_000);
  const changes = events.map((event) => {
    const { type, subject, data, cause } = JSON.parse(event);
    return JSON.stringify([type, subject, data, cause]);
  });
  const known = await target.known(resource.table, { after: 0, limit: 1000 });
  const rejects = await target.rejects({ resource: 'people', limit: 1000 });
  const left = {
    rows: await world.rows(`SELECT id, email, visits, deleted_at IS NULL AS is_live FROM ${name} ORDER BY id`),
    known: known.map(({ id, key, hash: known, fields }) => [id, key, known, fields]),
    live: await target.countLive('people'),
    rejects: rejects.map(({ key, reasons }) => [key, reasons].join()).sort(),
    seen: [...SeenSet.restore(stored?.seen ?? null)],
    held: [...(stored?.held ?? [])],
  };
  if (isCut) return { ...left, changes: changes.sort() };
  return {
    ...left,
    changes,
    checkpoint: withoutRepeated(checkpoint),
    report,
    paths: JSON.parse(stored?.paths ?? 'null'),
  };
}

/** Of records with one key, those of the same batch count as one value of a column, and others do not. */
function withoutRepeated<C extends Pick<Checkpoint, 'progress'>>({ progress, ...checkpoint }: C) {
  const { columns, ...rest } = progress;
  const isExact = (progress.duplicates ?? 0) + (progress.again ?? 0) === 0;
  return { ...checkpoint, progress: { ...rest, ...(isExact && { columns }) } };
}

/** The target of a run that is killed at one of its transactions; of a commit, after the first of those that it may take. */
function killedAfter(target: Target, count: number): Target {
  let left = count;
  return {
    ...target,
    async commit(batch, signal) {
      if (left > 0) return target.commit(batch, signal);
      const { checkpoint: _, ...first } = batch;
      await target.commit(first, signal);
      throw new Error('killed');
    },
    async save(resource, checkpoint) {
      if (left === 0) throw new Error('killed');
      left -= 1;
      return target.save(resource, checkpoint);
    },
  };
}

/** A page of the document, which breaks before one of its records. */
function pageOf(
  document: readonly Record[],
  pages: Step['pages'],
  { cursor }: PageRequest,
  breaksAt: number | null,
): SnapshotPage {
  const count = pages === 'file' ? 1 : pages;
  const size = Math.max(1, Math.ceil(document.length / count));
  const at = Number(cursor ?? 0);
  const next = (at + 1) * size < document.length ? String(at + 1) : null;
  const records = document.slice(at * size, (at + 1) * size);
  const text = records.map((record) => JSON.stringify(record)).join('\n');
  const breaks = breaksAt === null ? null : breaksAt - at * size;
  const whole = breaks === null || breaks < 0 || breaks >= records.length ? records : records.slice(0, breaks);
  const isBroken = whole.length < records.length;
  if (pages !== 'file') {
    if (isBroken) throw new ProtocolError('broken');
    const body = Buffer.from(text);
    return { mode: 'snapshot', records, next, chunks: [new BodyChunk(body, records, 0)] };
  }
  const told = isBroken ? `${whole.map((record) => JSON.stringify(record)).join('\n')}\n{"id":` : text;
  async function* bytes() {
    yield Buffer.from(told);
  }
  return {
    mode: 'snapshot',
    records,
    next,
    chunks: ndjsonLines(bytes(), 'it', new LineCutter({ least: 100, most: 400 })),
  };
}
