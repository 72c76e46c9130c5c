import { parseDuration } from '../../duration.ts';
import type { ScreenRequest } from '../screen.ts';
import { type ActScreen, RefusedError } from './act-screen.ts';
import { ActForm, done, nothingTo } from './parts.tsx';

const times = ['30m', '1h', '2h', '8h', '24h', '3d'] as const;

/** Pauses the sync: runs start, and end without a hit. */
export const pauseScreen: ActScreen = pausing('/pause');
/** Pauses one listener: its events wait. */
export const pauseListenerScreen: ActScreen = pausing('/listeners/:listener/pause');
export const resumeScreen: ActScreen = resuming('/resume');
export const resumeListenerScreen: ActScreen = resuming('/listeners/:listener/resume');

function pausing(path: string): ActScreen {
  return {
    path,
    section: '/',
    async show(request) {
      const place = placeOf(request);
      if (!place) return unknown;
      return {
        title: `Pause ${place.name}`,
        body: (
          <>
            <h1>Pause {place.name}</h1>
            <p>
              {place.listener === null
                ? 'Runs still start, and end at once without a hit. Events that are written already are still delivered.'
                : 'The daemons stop reading its events within seconds. The events wait for it, and their order stays.'}
            </p>
            <ActForm action={`${place.path}/pause`} button="Pause" back={place.back}>
              <label>
                For how long
                <select name="for">
                  {times.map((time) => (
                    <option value={time} selected={time === '2h'}>
                      {time}
                    </option>
                  ))}
                  <option value="">until somebody resumes it</option>
                </select>
              </label>
            </ActForm>
          </>
        ),
      };
    },
    async act(request) {
      const place = demanded(placeOf(request));
      const time = request.form.get('for') ?? '';
      const forMs = time === '' ? null : parseDuration(time);
      if (forMs === undefined) throw new RefusedError(`${time} is not a duration`, 'Choose one of the list.');
      const sentence = await request.actions.pause(place.listener, forMs, request.actor);
      return done('Paused', sentence, { path: place.back, text: place.listener ?? 'Overview' });
    },
  };
}

function resuming(path: string): ActScreen {
  return {
    path,
    section: '/',
    async show(request) {
      const place = placeOf(request);
      if (!place) return unknown;
      return {
        title: `Resume ${place.name}`,
        body: (
          <>
            <h1>Resume {place.name}</h1>
            <p>
              {place.listener === null
                ? 'The next run makes hits again. What was missed meanwhile is read then.'
                : 'The daemons read its events again within seconds, from where it stopped.'}
            </p>
            <ActForm action={`${place.path}/resume`} button="Resume" back={place.back} />
          </>
        ),
      };
    },
    async act(request) {
      const place = demanded(placeOf(request));
      const sentence = await request.actions.resume(place.listener, request.actor);
      return done('Resumed', sentence, { path: place.back, text: place.listener ?? 'Overview' });
    },
  };
}

interface Place {
  /** Null: the sync. */
  readonly listener: string | null;
  readonly name: string;
  /** What the addresses of its forms begin with. */
  readonly path: string;
  readonly back: string;
}

function placeOf({ sources, params }: ScreenRequest): Place | undefined {
  const { listener } = params;
  if (listener === undefined) return { listener: null, name: 'the sync', path: '', back: '/' };
  if (!sources.listeners.has(listener)) return undefined;
  return { listener, name: listener, path: `/listeners/${listener}`, back: `/listeners/${listener}` };
}

function demanded(place: Place | undefined): Place {
  if (place) return place;
  throw new RefusedError('there is no such listener', 'The config names the listeners.');
}

const unknown = nothingTo('There is no such listener', 'The config names the listeners.');
