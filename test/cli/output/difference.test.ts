import { describe, expect, test } from 'vitest';
import { differenceOf } from '../../../src/cli/output/difference.ts';
import { widthOf } from '../../../src/cli/output/width.ts';
import { aTerminal } from '../a-terminal.ts';

const { out: plain } = aTerminal();
const { out: coloured } = aTerminal({ colours: true });
const text = (before: string, after: string, columns = 72) =>
  differenceOf(before, after, 'text', { paint: plain, columns });
const json = (before: unknown, after: unknown) =>
  differenceOf(JSON.stringify(before), JSON.stringify(after), 'json', { paint: plain, columns: 72 });

describe('the difference of two texts', () => {
  test('is the changed lines, with one unchanged line beside them', () => {
    expect(text('one\ntwo\nthree\nfour\nfive\nsix', 'one\ntwo\n3\nfour\nfive\n6')).toEqual([
      '  one',
      '  two',
      '- three',
      '+ 3',
      '  four',
      '  five',
      '- six',
      '+ 6',
    ]);
    expect(text('a\nb\nc\nd\ne\nf', 'A\nb\nc\nd\ne\nF')).toEqual(['- a', '+ A', '  b', '  …', '  e', '- f', '+ F']);
  });

  test('shows added and removed lines alone', () => {
    expect(text('one\ntwo', 'one\ntwo\nthree')).toEqual(['  one', '  two', '+ three']);
    expect(text('one\ntwo\nthree\nfour', 'two\nthree\nfour')).toEqual(['- one', '  two', '  …']);
  });

  test('colours only the words that differ', () => {
    const room = { paint: coloured, columns: 72 };
    expect(differenceOf('paid by post on Monday', 'paid by mail on Monday', 'text', room)).toEqual([
      '<red -> paid by <red post> on Monday',
      '<green +> paid by <green mail> on Monday',
    ]);
  });

  test('cuts a long line to the words that differ', () => {
    const long = (word: string) => `${'before '.repeat(40)}${word} ${'after '.repeat(40)}`;
    const lines = text(long('red'), long('green'));
    expect(lines).toEqual([
      expect.stringMatching(/^- ….*before red after.*…$/),
      expect.stringMatching(/^\+ ….*before green after.*…$/),
    ]);
  });

  test('shows the end of a long line to which words are added', () => {
    expect(text('word '.repeat(100), `${'word '.repeat(100)}and more`, 40)).toEqual([
      expect.stringMatching(/^- ….* word $/),
      expect.stringMatching(/^\+ ….* word and more$/),
    ]);
  });

  test('shows two lines with little in common whole', () => {
    expect(text('x'.repeat(90), 'y'.repeat(10))).toEqual([`- ${'x'.repeat(69)}…`, `+ ${'y'.repeat(10)}`]);
  });

  test('shows spaces where nothing else differs, and what would move the cursor', () => {
    expect(text('the last line', 'the last line ')).toEqual(['- the last line', '+ the last line·']);
    expect(text('a line\nb', 'a line\r\nb')).toEqual(['- a line', '+ a line\\u000d', '  b']);
  });

  test.each([
    ['東京都千代田区丸の内'.repeat(20), '東京都千代田区大手町'.repeat(20)],
    [`${'👩‍👩‍👧 '.repeat(60)}a`, `${'👩‍👩‍👧 '.repeat(60)}b`],
    ['word '.repeat(500), 'other '.repeat(500)],
  ])('stays within its columns: %.12s', (before, after) => {
    for (const line of text(before, after, 40)) expect(widthOf(line)).toBeLessThanOrEqual(40);
  });

  test('ends after twelve lines, and says how many more there are', () => {
    const lines = text('', Array.from({ length: 40 }, (_, at) => `line ${at}`).join('\n'));
    expect(lines).toHaveLength(13);
    expect(lines.at(-1)).toBe('… 29 more lines; --json shows all');
  });

  test('of long texts with nothing in common comes at once', () => {
    const words = (from: number) => Array.from({ length: 100_000 }, (_, at) => `w${from + at}\n`).join('');
    const startedAt = performance.now();
    expect(text(words(0), words(1_000_000))).toHaveLength(13);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe('the difference of two JSON documents', () => {
  test('is the paths and values that differ', () => {
    const before = { city: 'Oslo', owner: { name: 'Kari', age: 40 }, 'unit price': 2 };
    expect(json(before, { ...before, city: 'Bergen', owner: { name: 'Kari' }, 'unit price': 3 })).toEqual([
      '- city: "Oslo"',
      '+ city: "Bergen"',
      '- owner.age: 40',
      '- ["unit price"]: 2',
      '+ ["unit price"]: 3',
    ]);
  });

  test('of lists names what was inserted or removed, and not what follows', () => {
    expect(json(['a', 'b', 'c'], ['new', 'a', 'b'])).toEqual(['+ [0]: "new"', '- [2]: "c"']);
    expect(json({ of: [{ id: 1 }, { id: 2 }] }, { of: [{ id: 2 }] })).toEqual(['- of[0].id: 1']);
  });

  test('is never nothing: another nesting of the same values shows', () => {
    expect(json([[1], [2]], [[1, 2]])).toEqual(['- [1][0]: 2', '+ [0][1]: 2']);
    expect(json({ tags: [] }, { tags: {} })).toEqual(['- tags: []', '+ tags: {}']);
  });

  test('keeps all digits', () => {
    const room = { paint: plain, columns: 72 };
    expect(differenceOf('{"n":9007199254740993}', '{"n":9007199254740995}', 'json', room)).toEqual([
      '- n: 9007199254740993',
      '+ n: 9007199254740995',
    ]);
  });

  test('is that of two texts where one of them is not JSON', () => {
    const room = { paint: plain, columns: 72 };
    expect(differenceOf('{"city":', '{"city":"Oslo"}', 'json', room)).toEqual(['- {"city":', '+ {"city":"Oslo"}']);
  });
});
