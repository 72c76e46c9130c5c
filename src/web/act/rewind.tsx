import { type ActScreen, RefusedError } from './act-screen.ts';
import { ActForm, done, nothingTo } from './parts.tsx';

/** Delivers the events of a listener again from a time or a number on. */
export const rewindScreen: ActScreen = {
  path: '/listeners/:listener/rewind',
  section: '/',
  async show({ sources, params }) {
    const listener = params.listener ?? '';
    if (!sources.listeners.has(listener)) return unknown;
    return {
      title: `Rewind ${listener}`,
      body: (
        <>
          <h1>Rewind {listener}</h1>
          <p>
            The events after that point are delivered once more, in the order of each key, by a group of its own. What{' '}
            {listener} delivers now goes on beside it. Receivers see these events a second time, with the same ids.
          </p>
          <ActForm action={`/listeners/${listener}/rewind`} button="Rewind" isDangerous back={`/listeners/${listener}`}>
            <label>
              After a time (2026-01-31T12:00Z), or after an event's number
              <input name="to" required autocomplete="off" />
            </label>
          </ActForm>
        </>
      ),
    };
  },
  async act({ sources, params, form, actions, actor }) {
    const listener = params.listener ?? '';
    if (!sources.listeners.has(listener)) {
      throw new RefusedError('there is no such listener', 'The config names the listeners.');
    }
    const sentence = await actions.rewind(listener, form.get('to')?.trim() ?? '', actor);
    return done('Rewound', sentence, { path: `/listeners/${listener}`, text: listener });
  },
};

const unknown = nothingTo('There is no such listener', 'The config names the listeners.');
