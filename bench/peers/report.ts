import { describeMachine, median } from '../machine.ts';
import { type Phase, phases } from './data.ts';
import type { Measured } from './rounds.ts';
import type { Suite } from './suites.ts';

export interface Circumstances {
  readonly rows: number;
  readonly rounds: number;
  readonly bytes: number;
  readonly versions: Readonly<Record<string, string>>;
  /** The tools that were left out, and why. */
  readonly failed: ReadonlyMap<string, string>;
}

const titles: Readonly<Record<Phase, string>> = {
  load: 'first load',
  unchanged: 'unchanged',
  changed: '1 % changed, 0.1 % gone',
  every: 'every row',
  gone: 'all gone',
};

/** What must be reached: our seconds against those of another tool in the same rounds. */
interface Goal {
  readonly suite: Suite['name'];
  readonly phase: Phase;
  readonly beside: string;
  readonly most: number;
  readonly aim?: number;
}

const goals: readonly Goal[] = [
  { suite: 'postgres', phase: 'load', beside: 'Sling', most: 1, aim: 0.6 },
  { suite: 'postgres', phase: 'unchanged', beside: 'Sling', most: 0.5, aim: 0.25 },
  { suite: 'postgres', phase: 'unchanged', beside: 'plain Python', most: 1 },
  { suite: 'postgres', phase: 'changed', beside: 'Sling', most: 0.5, aim: 0.25 },
  { suite: 'postgres', phase: 'every', beside: 'Sling', most: 1.5, aim: 1 },
  { suite: 'postgres', phase: 'gone', beside: 'psql', most: 5, aim: 3 },
  { suite: 'sqlite', phase: 'load', beside: 'plain Python', most: 2, aim: 1.3 },
  { suite: 'sqlite', phase: 'unchanged', beside: 'plain Python', most: 1.2, aim: 0.6 },
  { suite: 'rest', phase: 'load', beside: 'one file', most: 1.3 },
  { suite: 'rest', phase: 'unchanged', beside: 'one file', most: 1.3 },
];

/** The whole page. */
export function report(measured: readonly Measured[], circumstances: Circumstances): string {
  const { rows, rounds, bytes, versions, failed } = circumstances;
  const leftOut = [...failed].map(([name, reason]) => `\n${name} was left out: ${reason}.`).join('');
  const tools = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# What \`npm run bench:peers\` measured

${rows.toLocaleString('en')} records of ${bytes} bytes: a text id, an RFC 3339 timestamp, a nested object, notes that vary.
Every tool but psql and sqlite3 reads the same file of newline-delimited JSON and writes into the same Postgres (with the settings that it comes with) or SQLite.
Each cell is a whole process, start and exit included.
Medians of ${rounds} rounds${fewerOf(measured, rounds)}; in each round all tools in turn, each on an empty database of its own.
The table is checked after each phase, and a tool that did not do what it should is left out from there on; psql and sqlite3, which load the same rows as CSV, are the bounds and are not checked.${leftOut}

${sectionsOf(measured).join('\n\n')}

${describeMachine()}, ${new Date().toISOString().slice(0, 10)}.
${tools.join(', ')}.
`;
}

/** The tools that were measured in fewer rounds. */
function fewerOf(measured: readonly Measured[], rounds: number): string {
  const fewer = [...Map.groupBy(measured, ({ tool }) => tool)].flatMap(([tool, all]) => {
    const count = all.filter(({ suite, phase }) => suite === all[0]?.suite && phase === all[0]?.phase).length;
    return count < rounds ? [`${tool} ${count}`] : [];
  });
  return fewer.length === 0 ? '' : ` (${fewer.join(', ')})`;
}

function sectionsOf(measured: readonly Measured[]): string[] {
  const titlesOfSuites = {
    postgres: 'Into Postgres',
    sqlite: 'Into SQLite',
    rest: 'Pages of 1000 over REST, into Postgres',
  } as const;
  const suites = [...new Set(measured.map(({ suite }) => suite))];
  const sections = suites.map((suite) => {
    const own = measured.filter((each) => each.suite === suite);
    const tables = [
      ['Seconds', tableOf(own, (each) => each.wallMs / 1000, 2)],
      [
        'Seconds of CPU, the tool and the servers together',
        tableOf(own, (each) => (each.clientMs + each.serverMs) / 1000, 2),
      ],
      ['Seconds of CPU, the tool alone', tableOf(own, (each) => each.clientMs / 1000, 2)],
      ['Peak memory of the largest process, MB', tableOf(own, (each) => each.peakMb, 0)],
    ];
    return `## ${titlesOfSuites[suite]}\n\n${tables.map(([title, table]) => `${title}:\n\n${table}`).join('\n\n')}`;
  });
  return [goalsOf(measured), ...sections];
}

function tableOf(measured: readonly Measured[], amountOf: (each: Measured) => number, digits: number): string {
  const shown = phases.filter((phase) => measured.some((each) => each.phase === phase));
  const lines = [...new Set(measured.map(({ tool }) => tool))].map((tool) => {
    const cells = shown.map((phase) => {
      const found = measured.filter((each) => each.tool === tool && each.phase === phase).map(amountOf);
      return found.length === 0 ? '–' : median(found).toFixed(digits);
    });
    return `| ${[tool, ...cells].join(' | ')} |`;
  });
  return [
    `| ${['', ...shown.map((phase) => titles[phase])].join(' | ')} |`,
    `|${'---|'.repeat(shown.length + 1)}`,
    ...lines,
  ].join('\n');
}

function goalsOf(measured: readonly Measured[]): string {
  const lines = goals.flatMap((goal) => {
    const [ours, theirs] = [
      measured.filter(isOf(goal, goal.suite === 'rest' ? 'pages' : 'cronsync')),
      measured.filter(isOf(goal, goal.beside)),
    ];
    if (ours.length === 0 || theirs.length === 0) return [];
    const wall = median(ours.map(({ wallMs }) => wallMs)) / median(theirs.map(({ wallMs }) => wallMs));
    const cpuOf = (each: Measured) => each.clientMs + each.serverMs;
    const cpu = median(ours.map(cpuOf)) / median(theirs.map(cpuOf));
    const place = goal.suite === 'rest' ? 'REST' : { postgres: 'Postgres', sqlite: 'SQLite' }[goal.suite];
    const cells = [
      `${titles[goal.phase]}, ${place}`,
      goal.beside,
      `${wall.toFixed(2)} ×`,
      `${cpu.toFixed(2)} ×`,
      `${goal.most} ×`,
    ];
    return [
      `| ${[...cells, goal.aim === undefined ? '' : `${goal.aim} ×`, wall <= goal.most ? 'met' : '**missed**'].join(' | ')} |`,
    ];
  });
  const head = '| | beside | seconds | CPU | at most | aim | |\n|---|---|---|---|---|---|---|';
  return `## The goals\n\ncronsync's seconds and CPU seconds, divided by those of the other tool:\n\n${[head, ...lines].join('\n')}`;
}

function isOf({ suite, phase }: Goal, tool: string): (each: Measured) => boolean {
  return (each) => each.suite === suite && each.phase === phase && each.tool === tool;
}
