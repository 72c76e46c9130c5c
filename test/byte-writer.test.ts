import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../src/byte-writer.ts';

test('writes every text as the engine encodes it', () => {
  const texts = fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })));
  fc.assert(
    fc.property(texts, (given) => {
      const writer = new ByteWriter(1);
      const sizes = given.map((text) => writer.text(text));
      expect(sizes).toEqual(given.map((text) => Buffer.byteLength(text)));
      expect(writer.bytes).toEqual(Buffer.concat(given.map((text) => Buffer.from(text))));
    }),
  );
});

test('leaves room for a number that is known later', () => {
  const writer = new ByteWriter(0);
  writer.byte(7);
  const [first, second] = [writer.room(), writer.room()];
  writer.text('ä');
  writer.int32(first, -1);
  writer.int32(second, 0x01020304);
  expect([...writer.bytes]).toEqual([7, 255, 255, 255, 255, 1, 2, 3, 4, 0xc3, 0xa4]);
  expect(writer.length).toBe(11);
});
