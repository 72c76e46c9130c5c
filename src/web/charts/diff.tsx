import { diffArrays, diffWordsWithSpace } from 'diff';
import type { Child } from 'hono/jsx';
import { Foreign } from '../parts/text.tsx';
import { linesOf } from '../read/value-text.ts';

/** Beyond so many edits two values are shown whole: a finer comparison would take too long. */
const mostEdits = 2000;
const mostLines = 400;

/** Two values in two columns, with the lines and words that differ marked. */
export function ValueDiff({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const rows = rowsOf(linesOf(before), linesOf(after));
  return (
    <div class="diff">
      {rows.slice(0, mostLines).map(({ left, right }) => (
        <div class="pair">
          <del class={left === null ? 'none' : undefined}>{left === null ? '' : left}</del>
          <ins class={right === null ? 'none' : undefined}>{right === null ? '' : right}</ins>
        </div>
      ))}
      {rows.length > mostLines ? (
        <p class="more">{rows.length - mostLines} more lines are in the event itself.</p>
      ) : null}
    </div>
  );
}

/** One value, as its lines. */
export function ValueText({ value }: { readonly value: unknown }) {
  const lines = linesOf(value);
  return (
    <span class="value">
      <Foreign text={lines.slice(0, mostLines).join('\n')} />
      {lines.length > mostLines ? <span class="more"> … {lines.length - mostLines} more lines</span> : null}
    </span>
  );
}

interface Row {
  readonly left: Child | null;
  readonly right: Child | null;
}

function rowsOf(before: readonly string[], after: readonly string[]): Row[] {
  const parts = diffArrays([...before], [...after], { maxEditLength: mostEdits }) ?? [
    { value: [...before], removed: true, added: false },
    { value: [...after], removed: false, added: true },
  ];
  return parts.flatMap(({ value, removed, added }, at) => {
    const [previous, next] = [parts[at - 1], parts[at + 1]];
    if (removed) return pairs(value, next?.added ? next.value : []);
    if (added) return previous?.removed ? [] : pairs([], value);
    return value.map((line) => ({ left: <Foreign text={line} />, right: <Foreign text={line} /> }));
  });
}

/** Lines beside those that replace them. */
function pairs(before: readonly string[], after: readonly string[]): Row[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, at) => {
    const [was, is] = [before[at], after[at]];
    if (was !== undefined && is !== undefined) return marked(was, is);
    return {
      left:
        was === undefined ? null : (
          <mark>
            <Foreign text={was} />
          </mark>
        ),
      right:
        is === undefined ? null : (
          <mark>
            <Foreign text={is} />
          </mark>
        ),
    };
  });
}

/** Two lines with the words that differ marked. */
function marked(before: string, after: string): Row {
  const words = diffWordsWithSpace(before, after, { maxEditLength: mostEdits }) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  const side = (kind: 'removed' | 'added') =>
    words.flatMap((word) => {
      if (word[kind])
        return [
          <mark>
            <Foreign text={word.value} />
          </mark>,
        ];
      return word.removed || word.added ? [] : [<Foreign text={word.value} />];
    });
  return { left: side('removed'), right: side('added') };
}
