import { HeldRecords } from '../parts/held.tsx';
import { count } from '../parts/numbers.ts';
import { Foreign } from '../parts/text.tsx';
import { type HeldSample, heldText } from '../read/held-sample.ts';
import { withQuery } from '../read/links.ts';
import type { ScreenRequest } from '../screen.ts';
import { type ActScreen, RefusedError } from './act-screen.ts';
import { ActForm, done, nothingTo, TypedNumber } from './parts.tsx';

/** Approves exactly the held set that is shown: the next run carries it out, once. */
export const approveScreen: ActScreen = {
  path: '/resources/:resource/approve',
  section: '/',
  async show(request) {
    const held = await chosen(request);
    if (!held) return gone;
    const { resource, what, digest, count: all, because, records } = held;
    const table = request.sources.resources.get(resource)?.table;
    return {
      title: `Approve ${heldText(held)}`,
      body: (
        <>
          <h1>
            Approve {heldText(held)} of {resource}
          </h1>
          <p>
            The guard holds them back: <Foreign text={because} limit={400} />. If you approve them, the next run carries
            out exactly these {count(all)}, once, within 24 hours. A set that differs by one record is held again.
          </p>
          <ActForm
            action={withQuery(`/resources/${resource}/approve`, { what, held: digest })}
            button={`Approve ${heldText(held)}`}
            isDangerous
            back={`/resources/${resource}`}
          >
            <TypedNumber count={all} />
          </ActForm>
          {table ? <HeldRecords held={held} table={table} /> : null}
          {records.length < all ? <p>These are the first {records.length}.</p> : null}
        </>
      ),
    };
  },
  async act(request) {
    const held = await chosen(request);
    if (!held)
      throw new RefusedError('this held set is not there any more', 'Look at what is held now, and decide again.');
    if (request.form.get('count')?.trim() !== String(held.count)) {
      throw new RefusedError(
        `${held.count} are held, and another number was typed`,
        `Type ${held.count} to approve them.`,
      );
    }
    const { resource, what, count: all, digest } = held;
    const sentence = await request.actions.approve({ resource, what, count: all, digest }, request.actor);
    return done('Approved', sentence, { path: `/resources/${resource}`, text: resource });
  },
};

const gone = nothingTo('This is not held any more', 'A later pass has judged again, or somebody has approved it.');

async function chosen({ sources, params, query }: ScreenRequest): Promise<HeldSample | undefined> {
  const held = await sources.held(params.resource ?? '');
  return held.find(({ what, digest }) => what === query.get('what') && digest === query.get('held'));
}
