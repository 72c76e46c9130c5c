import type { DeadLetterRow } from '../../listener.ts';
import { many } from '../../verdict/words.ts';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { errorOf, lettersOf } from '../read/letter-groups.ts';
import { recordPath, withQuery } from '../read/links.ts';
import type { ScreenRequest } from '../screen.ts';
import { type ActScreen, RefusedError } from './act-screen.ts';
import { ActForm, done, nothingTo, TypedNumber } from './parts.tsx';

const mostExamples = 5;

/** Delivers the dead letters of one error again. */
export const replayScreen: ActScreen = {
  path: '/listeners/:listener/replay',
  section: '/',
  async show(request) {
    const { listener, error, letters } = await chosen(request);
    if (letters.length === 0) return gone;
    return {
      title: `Replay ${many(letters.length, 'dead letter')}`,
      body: (
        <>
          <h1>
            Replay {many(letters.length, 'dead letter')} of {listener}
          </h1>
          <p>
            They are delivered again now, in the order of their events, by this page. What is delivered is dropped. What
            fails again stays, and with it the later ones of its key. What there is no time for within 20 s stays too.
          </p>
          <Chosen letters={letters} error={error} />
          <ActForm
            action={withQuery(`/listeners/${listener}/replay`, { error })}
            button={`Replay ${many(letters.length, 'dead letter')}`}
            back={`/listeners/${listener}`}
          >
            <input type="hidden" name="count" value={String(letters.length)} />
          </ActForm>
        </>
      ),
    };
  },
  async act(request) {
    const { listener, letters } = await chosenAgain(request);
    const sentence = await request.actions.replay(listener, letters, request.actor);
    return done('Replayed', sentence, { path: `/listeners/${listener}`, text: listener });
  },
};

/** Drops the dead letters of one error for good. */
export const dropScreen: ActScreen = {
  path: '/listeners/:listener/drop',
  section: '/',
  async show(request) {
    const { listener, error, letters } = await chosen(request);
    if (letters.length === 0) return gone;
    return {
      title: `Drop ${many(letters.length, 'dead letter')}`,
      body: (
        <>
          <h1>
            Drop {many(letters.length, 'dead letter')} of {listener}
          </h1>
          <p>What is dropped is gone for good: {listener} will never get it.</p>
          <Chosen letters={letters} error={error} />
          <ActForm
            action={withQuery(`/listeners/${listener}/drop`, { error })}
            button={`Drop ${many(letters.length, 'dead letter')}`}
            isDangerous
            back={`/listeners/${listener}`}
          >
            <TypedNumber count={letters.length} />
          </ActForm>
        </>
      ),
    };
  },
  async act(request) {
    const { listener, letters } = await chosenAgain(request);
    const sentence = await request.actions.drop(letters, request.actor);
    return done('Dropped', sentence, { path: `/listeners/${listener}`, text: listener });
  },
};

const gone = nothingTo('There is no such dead letter any more', 'Somebody has replayed or dropped them.');

async function chosen({ sources, params, query }: ScreenRequest) {
  const listener = params.listener ?? '';
  const error = query.get('error') ?? '';
  const all = sources.listeners.has(listener) ? await lettersOf(sources.letters, listener) : [];
  return { listener, error, letters: all.filter((letter) => errorOf(letter) === error) };
}

/** Those that were shown: one more or less, and the person decides again. */
async function chosenAgain(request: ScreenRequest & { readonly form: URLSearchParams }) {
  const found = await chosen(request);
  const { length } = found.letters;
  if (length > 0 && request.form.get('count')?.trim() === String(length)) return found;
  throw new RefusedError(
    `there are ${many(length, 'such dead letter')} now, and the form was for another number`,
    'Look at them again.',
  );
}

function Chosen({ letters, error }: { readonly letters: readonly DeadLetterRow[]; readonly error: string }) {
  const examples = letters.slice(0, mostExamples);
  return (
    <>
      <p>
        Their error: <Foreign text={error} limit={300} />
      </p>
      <Table
        caption={examples.length < letters.length ? `The first ${examples.length} of them` : 'All of them'}
        columns={['Event', 'Type', 'Key', 'Last error']}
        rows={examples.map(({ id, position, type, key, lastError }) => ({
          key: `letter-${id}`,
          cells: [
            <a href={`/events/${position.generation}-${position.seq}`}>{position.seq}</a>,
            <Foreign text={type} limit={80} />,
            <a href={recordPath(type.split('.')[0] ?? '', key)}>
              <Foreign text={key} limit={120} />
            </a>,
            <Foreign text={lastError} limit={240} />,
          ],
        }))}
      />
    </>
  );
}
