import type { RunSpan } from '../../run-row.ts';
import { count } from '../parts/numbers.ts';
import type { Tone } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { shortTime } from '../parts/time.tsx';
import { stateOf } from '../read/run-state.ts';

const height = 80;
const width = 480;
const gap = 2;

interface Bar {
  readonly at: number;
  readonly tones: readonly (readonly [tone: Tone, count: number])[];
  readonly total: number;
  readonly text: string;
}

/** The runs of a time as bars, each a span of it, with a table of the same behind them. */
export function RunBars({
  title,
  spans,
  end,
  perMs,
  bars: many,
}: {
  readonly title: string;
  readonly spans: readonly RunSpan[];
  readonly end: number;
  readonly perMs: number;
  readonly bars: number;
}) {
  const bars = Array.from({ length: many }, (_, at) => barAt(end - (many - at) * perMs, spans));
  const most = Math.max(1, ...bars.map(({ total }) => total));
  const step = width / many;
  const total = bars.reduce((sum, bar) => sum + bar.total, 0);
  return (
    <figure>
      <figcaption>
        {title}: {count(total)} runs
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Runs of the last ${title}; the table below has the numbers`}
      >
        <title>{`Runs of the last ${title}`}</title>
        <rect class="track" x="0" y={height - 1} width={width} height="1" />
        {bars.map((bar, at) => (
          <g>
            <title>{bar.text}</title>
            <rect class="hover" x={at * step} y="0" width={step} height={height} fill="transparent" />
            {stacked(bar, most).map(({ tone, y, size }) => (
              <rect class={`bar ${tone}`} x={at * step + gap / 2} y={y} width={step - gap} height={size} />
            ))}
          </g>
        ))}
      </svg>
      <details>
        <summary>As a table</summary>
        <Table
          caption={`Runs of the last ${title}`}
          columns={['From', { title: 'Runs', isNumber: true }, 'Outcomes']}
          rows={bars
            .filter((bar) => bar.total > 0)
            .toReversed()
            .map(({ at, total: runs, text }) => ({
              key: `bar-${perMs}-${at}`,
              cells: [shortTime(new Date(at)), count(runs), text.replace(/^.*?: /, '')],
            }))}
        />
      </details>
    </figure>
  );
}

const order: readonly Tone[] = ['bad', 'note', 'quiet', 'good'];

function barAt(at: number, spans: readonly RunSpan[]): Bar {
  const here = spans.filter((span) => span.at.getTime() === at);
  const total = here.reduce((sum, span) => sum + span.count, 0);
  const tones = order.map((tone) => {
    const runs = here.filter(({ outcome }) => stateOf(outcome).tone === tone);
    return [tone, runs.reduce((sum, span) => sum + span.count, 0)] as const;
  });
  const parts = here.map(({ outcome, count: runs }) => `${runs} ${stateOf(outcome).text}`);
  return { at, tones, total, text: `${shortTime(new Date(at))}: ${parts.join(', ') || 'no run'}` };
}

/** The parts of a bar from the top down: what went wrong is above. */
function stacked({ tones, total }: Bar, most: number) {
  const scale = (height - 4) / most;
  let y = height - 1 - total * scale;
  return tones
    .filter(([, runs]) => runs > 0)
    .map(([tone, runs]) => {
      const size = Math.max(1, runs * scale);
      const part = { tone, y: Number(y.toFixed(1)), size: Number(size.toFixed(1)) };
      y += runs * scale;
      return part;
    });
}
