import type { Child } from 'hono/jsx';
import type { Problem } from '../../verdict/problem.ts';
import { Notice } from './notice.tsx';
import { Sentence } from './text.tsx';

/** A problem in three lines: the cause with its time, what holds in spite of it, and what to do. */
export function ProblemNotice({
  problem,
  isHere = false,
}: {
  readonly problem: Problem;
  /** This is the screen that has more about it. */
  readonly isHere?: boolean;
}) {
  const { severity, title, cause, guarantee, advice, next } = problem;
  return (
    <Notice tone={severity === 'act' ? 'bad' : 'note'} title={<Sentence text={capital(title)} />}>
      <p>
        <Sentence text={cause} />
      </p>
      <p class="side">
        <Sentence text={guarantee} />
      </p>
      <p>
        <Sentence text={advice} />
        {isHere ? null : <Where problem={problem} />}
      </p>
      <code class="command">{next}</code>
    </Notice>
  );
}

/** Where on the page there is more about it. */
function Where({ problem: { id, resource, listener } }: { readonly problem: Problem }): Child {
  if (id === 'too-many-rejects')
    return (
      <>
        {' '}
        · <a href="/rejects">Rejects</a>
      </>
    );
  if (resource !== undefined)
    return (
      <>
        {' '}
        · <a href={`/resources/${resource}`}>{resource}</a>
      </>
    );
  if (listener !== undefined)
    return (
      <>
        {' '}
        · <a href={`/listeners/${listener}`}>{listener}</a>
      </>
    );
  return null;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
