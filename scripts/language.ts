// Finds habits of language that make the project hard to read: archaic words, clipped conditions, inverted sentences.
// Looks at comments and texts of sources, at the titles of tests, and at documents. Proves first that it finds what is
// planted and leaves alone what is plain, since a rule that never fires looks just like a clean tree.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './layers.ts';
import { proseOfSource, titlesOf } from './prose.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Habit {
  readonly pattern: RegExp;
  /** What to write instead. */
  readonly instead: string;
}

/** Where a sentence begins: after the end of another one, after a gap, or at the start. */
const start = '(?<=^|[.!?:]\\s+|\\0\\s*|\\n\\s*\\n\\s*|^[-*|>#\\d. ]+)';

function habit(source: string, instead: string, flags = 'gi'): Habit {
  return { pattern: new RegExp(source.replaceAll(' ', '\\s+'), flags), instead };
}

const habits: readonly Habit[] = [
  habit('(?<!\\bthere )\\b(?:is|was|are|were) no\\b(?! longer| more|-)', '"is not a"'),
  habit('\\bother \\w+ there (?:is|are) none\\b', '"No other … is supported."'),
  habit('\\banew\\b', '"again"'),
  habit('\\bof late\\b', '"recently", or "in the last 24 h"'),
  habit('\\btells\\b(?!(?: \\S+){0,4} apart)', '"reports", "says", "logs", "warns" or "prints"'),
  habit('\\b(?:is|are|be) told\\b(?! apart)', '"is reported", "is logged" or "is printed"'),
  habit('\\b(?:mend|mends|mended|mending|mender|menders)\\b', '"fix"'),
  habit('\\b(?:bears|bear|borne|bearing)\\b', '"has", or "tolerates"'),
  habit('\\b(?:passes|times|runs|failures) running\\b', '"consecutive"'),
  habit('\\bsays? nothing (?:of|about)\\b', '"proves nothing about"'),
  habit('\\bcomes? twice costs?\\b', '"Records that arrive twice cost nothing."'),
  habit('\\bat the most\\b', '"at most"'),
  habit('\\bbe it\\b', '"even if it is"'),
  habit('\\bshall\\b', '"must" or "will"'),
  habit(`${start}Else\\b`, '"Otherwise"', 'gm'),
  habit(
    `${start}(?:Held|Denied|Fenced|Throttled|Killed|Lost|Fenced out): `,
    'a full sentence: "A held lock ends the run with 75."',
    'gm',
  ),
  habit(
    '(?<![\\w./:@-])sync (?:run|swap|status|check|events|rejects|listen|listener|dead|unlock|outbox|init|schema)\\b',
    '"cronsync …": coreutils answers to "sync"',
    'g',
  ),
];

interface Kind {
  readonly files: readonly string[];
  readonly read: (text: string) => string;
}

const kinds: readonly Kind[] = [
  {
    files: ['src/**/*.{ts,tsx}', 'bin/*.js', 'scripts/**/*.{ts,js}', 'bench/**/*.ts', 'examples/**/*.ts'],
    read: proseOfSource,
  },
  { files: ['test/**/*.ts'], read: titlesOf },
  { files: ['*.md', 'docs/*.md', 'bench/*.md', 'examples/**/*.md'], read: (text) => text },
];

/** Its own plants are no findings. */
const ownFile = 'scripts/language.ts';

/** Passes if what is planted is found, what is plain is not, and no file of the project has a habit. */
export async function checkLanguage(): Promise<Outcome> {
  const wrong = [...selfCheck(), ...kinds.flatMap(findingsOfKind)];
  return { passed: wrong.length === 0, output: wrong.join('\n') };
}

function findingsOfKind({ files, read }: Kind): string[] {
  const paths = files.flatMap((pattern) => globSync(pattern, { cwd: root })).filter((path) => path !== ownFile);
  return paths.toSorted().flatMap((path) => {
    const found = findingsIn(read(readFileSync(root + path, 'utf8')));
    return found.map(({ line, words, instead }) => `  ${path}:${line}: "${words}": write ${instead}`);
  });
}

interface Finding {
  readonly line: number;
  readonly words: string;
  readonly instead: string;
}

function findingsIn(prose: string): Finding[] {
  const found = habits.flatMap(({ pattern, instead }) =>
    [...prose.matchAll(pattern)].map((match) => {
      const line = prose.slice(0, match.index).split('\n').length;
      return { line, words: match[0].replace(/\s+/g, ' ').trim(), instead };
    }),
  );
  return found.toSorted((a, b) => a.line - b.line);
}

/** What must be found, each as often as it says, and where: in a document, in a source, among the titles of tests. */
const planted: readonly (readonly [read: Kind['read'], text: string, times: number])[] = [
  [document, 'A hit is no request.', 1],
  [document, 'A sentence that is\nno question goes on.', 1],
  [document, 'Other databases there are none.', 1],
  [document, 'It starts anew, after 3 of late.', 2],
  [document, 'The run tells why. All problems are told at once.', 2],
  [document, 'Mend this. It bears a key, and is missing in 3 passes running.', 3],
  [document, 'Page 1 says nothing of page 2. What comes twice costs nothing.', 2],
  [document, 'A lock is taken. Held: 75. Else it goes on, be it late.', 3],
  [document, 'Run `sync run`, or "sync status".', 2],
  [proseOfSource, "throw new UsageError(`${file} is no file; nothing was done`, { hint: 'mend it' });", 2],
  [proseOfSource, '/**\n * The key is\n * no text. Held: exit 75.\n */\nexport const held = 1;', 2],
  [proseOfSource, 'const a = `${b ? `is no ${c}` : "anew"}`; // of late', 3],
  [
    titlesOf,
    "test('tells what is wrong', () => {});\ntest.each([\n  ['is no title'],\n])('a run is told %s', () => {});",
    2,
  ],
];

const plain: readonly (readonly [read: Kind['read'], text: string])[] = [
  [
    document,
    'There is no config. The lock is no longer ours, and it is no more than 30 s old. Null if there is none. Without it there are none.',
  ],
  [document, 'A bearer token, sent as `Authorization: Bearer …`. The circuit tells the two apart.'],
  [document, 'No Redis, no hit. The guard held 3 rows. Otherwise it goes on, running passes as before.'],
  [document, 'Run `cronsync run`, `npx cronsync status` or `bin/sync.js`. A sync runs each minute.'],
  [proseOfSource, 'const anew = tells; if (is.no) mend(/is no "/, held); // The lock is held.'],
  [proseOfSource, "type Held = 'held'; let Else: boolean;"],
  [titlesOf, "// is no title\ntest('a lock that is held ends the run', () => expect('is no').toBe(1));"],
];

function document(text: string): string {
  return text;
}

function selfCheck(): string[] {
  const missed = planted.flatMap(([read, text, times]) => {
    const found = findingsIn(read(text)).length;
    return found === times ? [] : [`  ${ownFile}: ${found} of ${times} habits are found in: ${text}`];
  });
  const wrong = plain.flatMap(([read, text]) =>
    findingsIn(read(text)).map(({ words }) => `  ${ownFile}: "${words}" must be allowed in: ${text}`),
  );
  return [...missed, ...wrong];
}
