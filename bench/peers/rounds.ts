import type { Phase } from './data.ts';
import { start, type Took } from './started.ts';
import type { Suite } from './suites.ts';
import type { OpenTool, Tool } from './tools.ts';

/** One start of a tool. */
export interface Measured extends Took {
  readonly suite: Suite['name'];
  readonly phase: Phase;
  readonly tool: string;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** The CPU time that the servers have used so far. */
  serverMs(): number;
  /** Called after each turn. */
  clean(): Promise<unknown>;
}

interface Opened {
  readonly suite: Suite;
  readonly tool: Tool;
  readonly open: OpenTool;
  readonly phases: readonly Phase[];
}

/**
 * Measures the tools of each suite in turn, round for round. A peer that cannot be installed, or fails, is left out from there on
 * and named. Where cronsync fails, the measurement ends.
 */
export class Rounds {
  readonly measured: Measured[] = [];
  readonly versions: Record<string, string> = {};
  /** The peers that were left out, and why. */
  readonly failed = new Map<string, string>();
  readonly #options: RoundsOptions;
  readonly #opened: readonly Opened[];

  /** Installs what is missing, before anything is measured. */
  constructor(suites: readonly Suite[], options: RoundsOptions) {
    this.#options = options;
    this.#opened = suites.flatMap((suite) => suite.tools.flatMap((tool) => this.#open(suite, tool)));
  }

  async run(): Promise<void> {
    const suites = new Set(this.#opened.map(({ suite }) => suite));
    for (const suite of suites) {
      for (let round = 1; round <= this.#options.rounds; round += 1) {
        for (const [at, opened] of this.#opened.entries()) {
          if (opened.suite !== suite || round > this.#roundsOf(opened.tool) || this.failed.has(opened.tool.name))
            continue;
          const turn = this.#turn(opened, `${suite.name}_${at}_${round}`);
          await turn.catch((error: unknown) => this.#leaveOut(opened.tool, error));
        }
      }
    }
  }

  #roundsOf({ mostRounds = Number.POSITIVE_INFINITY }: Tool): number {
    return Math.min(this.#options.rounds, mostRounds);
  }

  #open(suite: Suite, tool: Tool): Opened[] {
    const phases = suite.phases.filter((phase) => tool.phases.includes(phase));
    if (phases.length === 0 || this.failed.has(tool.name)) return [];
    try {
      const open = tool.open();
      if (open.version !== '') this.versions[tool.name] = open.version;
      return [{ suite, tool, open, phases }];
    } catch (error) {
      this.#leaveOut(tool, error);
      return [];
    }
  }

  async #turn({ suite, tool, open, phases }: Opened, name: string): Promise<void> {
    await using turn = await suite.begin(tool, name);
    for (const phase of phases) {
      await turn.settle();
      const took = await start(open.command(phase, turn.place), turn.place.folder, this.#options.serverMs);
      await turn.demand(phase).catch((cause: unknown) => {
        throw new Error(`${suite.name}, ${phase}: ${String(cause)}`, { cause });
      });
      this.measured.push({ suite: suite.name, phase, tool: tool.name, ...took });
      this.#say(`${suite.name} ${phase}, ${tool.name}`, took);
    }
    await this.#options.clean();
  }

  #leaveOut({ name, isOurs }: Tool, error: unknown): void {
    const reason = String(error).trim().split('\n').at(-1) ?? '';
    if (isOurs) throw new Error(`${name}: ${String(error)}`, { cause: error });
    this.failed.set(name, reason);
    process.stderr.write(`${name} is left out from here on: ${String(error)}\n`);
  }

  #say(what: string, { wallMs, clientMs, serverMs, peakMb }: Took): void {
    const [wall, own, theirs] = [wallMs, clientMs, serverMs].map((ms) => (ms / 1000).toFixed(2));
    const all = this.#opened.reduce((sum, { tool, phases }) => sum + this.#roundsOf(tool) * phases.length, 0);
    const nth = `${this.measured.length} of ${all}`;
    process.stderr.write(`${nth}: ${what}: ${wall} s (CPU ${own} + ${theirs} s), ${peakMb} MB\n`);
  }
}
