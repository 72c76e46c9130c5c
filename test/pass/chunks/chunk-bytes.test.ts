import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdRuns, type KnownChunk } from '../../../src/chunk.ts';
import { restoreChunks, serializeChunks } from '../../../src/pass/chunks/chunk-bytes.ts';

const id = fc.integer({ min: 1, max: 2 ** 40 });
const chunk = fc
  .record({
    digest: fc.base64String({ maxLength: 24 }),
    ids: fc.array(id),
    kept: fc.array(fc.nat()),
    content: fc.option(fc.base64String({ minLength: 1, maxLength: 11 })),
  })
  .map(({ ids, ...rest }) => {
    const runs = new IdRuns();
    for (const each of ids) runs.add(each);
    return { ...rest, ids: runs };
  });

describe('chunks', () => {
  test('are stored and restored', () => {
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const restored = restoreChunks(serializeChunks(chunks));
        const plain = (one: KnownChunk) => ({ ...one, ids: [one.ids.ids(), one.ids.count] });
        expect(restored.map(plain)).toEqual(chunks.map(plain));
      }),
    );
  });

  test('of consecutive ids take some twenty bytes', () => {
    const chunks = Array.from({ length: 100 }, (_, n) => {
      const ids = new IdRuns();
      for (let at = 0; at < 200; at += 1) ids.add(n * 200 + at + 1);
      return { digest: `${n}`.padStart(22, 'x'), ids, kept: [200, 200, 200], content: null };
    });
    expect(serializeChunks(chunks).length).toBeLessThan(100 * 40);
  });
});
