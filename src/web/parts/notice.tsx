import type { Child } from 'hono/jsx';
import type { Tone } from './status.tsx';

/** A sentence or two that stand out, with what to do next. */
export function Notice({
  tone = 'note',
  title,
  children,
}: {
  readonly tone?: Tone;
  readonly title: Child;
  readonly children?: Child;
}) {
  return (
    <section class={`notice ${tone}`}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** What stands where there is nothing to show. */
export function Empty({ children }: { readonly children?: Child }) {
  return <p class="empty">{children}</p>;
}
