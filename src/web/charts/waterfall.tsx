import type { PhaseName, RunPhase } from '../../run-row.ts';
import { count } from '../parts/numbers.ts';
import { Table } from '../parts/table.tsx';
import { tookText } from './took.ts';

const rowHeight = 20;
const labelWidth = 150;
const width = 800;
const mostRows = 60;

const words: Readonly<Record<PhaseName, string>> = {
  lock: 'lock',
  relay: 'relay',
  slot: 'wait for a slot',
  fetch: 'fetch',
  map: 'map',
  commit: 'commit',
  delete: 'delete',
  verify: 'verify',
};

/** What a run spent its time on, each phase where it began, with a table of the same behind it. */
export function Waterfall({
  phases,
  tookMs,
}: {
  readonly phases: readonly RunPhase[];
  readonly tookMs: number | null;
}) {
  const shown = phases.slice(0, mostRows);
  const end = Math.max(1, tookMs ?? 0, ...phases.map((phase) => phase.atMs + phase.tookMs));
  const scale = (width - labelWidth) / end;
  const height = (shown.length + 1) * rowHeight;
  return (
    <figure>
      <figcaption>What it spent its time on</figcaption>
      <svg
        class="wide"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="The phases of the run; the table below has the numbers"
      >
        <title>The phases of the run</title>
        {shown.map((phase, at) => (
          <g>
            <title>{`${nameOf(phase)}: ${tookText(phase.tookMs)}, after ${tookText(phase.atMs)}`}</title>
            <rect
              class="track"
              x={labelWidth}
              y={at * rowHeight + rowHeight / 2}
              width={width - labelWidth}
              height="1"
            />
            <text class="axis" x="0" y={at * rowHeight + 14}>
              {nameOf(phase)}
            </text>
            <rect
              class={`bar phase-${phase.phase}`}
              x={(labelWidth + phase.atMs * scale).toFixed(1)}
              y={at * rowHeight + 4}
              width={Math.max(1.5, phase.tookMs * scale).toFixed(1)}
              height={rowHeight - 8}
            />
          </g>
        ))}
        <text class="axis" x={labelWidth} y={height - 5}>
          0
        </text>
        <text class="axis" x={width} y={height - 5} text-anchor="end">
          {tookText(end)}
        </text>
      </svg>
      <details>
        <summary>As a table</summary>
        <Table
          caption="The phases of the run"
          columns={[
            'Phase',
            'Resource',
            { title: 'After', isNumber: true },
            { title: 'Took', isNumber: true },
            { title: 'Count', isNumber: true },
          ]}
          rows={phases.map((phase, at) => ({
            key: `phase-${at}`,
            cells: [
              words[phase.phase],
              phase.resource ?? '',
              tookText(phase.atMs),
              tookText(phase.tookMs),
              count(phase.count),
            ],
          }))}
        />
      </details>
    </figure>
  );
}

function nameOf({ phase, resource }: RunPhase): string {
  return resource === null ? words[phase] : `${words[phase]} ${resource}`;
}
