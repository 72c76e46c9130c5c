import { ago, roughly } from '../../verdict/words.ts';

/** A time as its age: `40 s ago`. The whole time is in its title. */
export function Ago({ at, now }: { readonly at: Date | number; readonly now: Date }) {
  const time = new Date(at);
  const aheadMs = time.getTime() - now.getTime();
  return (
    <time datetime={time.toISOString()} title={shortTime(time)}>
      {aheadMs > 1000 ? `in ${roughly(aheadMs)}` : ago(time, now)}
    </time>
  );
}

/** A time of the day: `14:02:11`, with its date where it was another day. */
export function At({ at, now }: { readonly at: Date | number; readonly now: Date }) {
  const time = new Date(at);
  const iso = time.toISOString();
  const isToday = iso.slice(0, 10) === now.toISOString().slice(0, 10);
  return (
    <time datetime={iso} title={shortTime(time)}>
      {isToday ? iso.slice(11, 19) : shortTime(time).slice(0, -4)}
    </time>
  );
}

/** `2026-01-31 14:02:11 UTC`. */
export function shortTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
