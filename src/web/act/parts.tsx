import type { Child } from 'hono/jsx';
import { Notice } from '../parts/notice.tsx';
import { visible } from '../parts/text.tsx';
import type { Content } from '../screen.ts';

/** The form of an act, with the reason that goes into the list of activities. */
export function ActForm({
  action,
  button,
  isDangerous = false,
  back,
  children,
}: {
  readonly action: string;
  readonly button: string;
  readonly isDangerous?: boolean;
  readonly back: string;
  readonly children?: Child;
}) {
  return (
    <form class="act" method="post" action={action}>
      {children}
      <label>
        Reason, for the list of activities
        <input name="reason" maxlength={200} autocomplete="off" />
      </label>
      <p class="buttons">
        <button type="submit" class={isDangerous ? 'danger' : 'main'}>
          {button}
        </button>
        <a class="button" href={back}>
          Cancel
        </a>
      </p>
    </form>
  );
}

/** A number that has to be typed, so that nobody confirms what they have not read. */
export function TypedNumber({ count }: { readonly count: number }) {
  return (
    <label>
      Type {count} to confirm
      <input name="count" inputmode="numeric" pattern="[0-9]*" required autocomplete="off" />
    </label>
  );
}

/** What was done, and the way back. */
export function done(title: string, sentence: string, back: { readonly path: string; readonly text: string }): Content {
  return {
    title,
    body: (
      <>
        <Notice tone="good" title={visible(sentence)}>
          <p>
            It is noted in the <a href="/activity">list of activities</a>.
          </p>
        </Notice>
        <p>
          <a href={back.path}>{back.text}</a>
        </p>
      </>
    ),
  };
}

/** Where there is nothing to act on. */
export function nothingTo(title: string, text: string): Content {
  return {
    title,
    status: 404,
    body: (
      <Notice title={title}>
        <p>
          {text} <a href="/">Overview</a>
        </p>
      </Notice>
    ),
  };
}
