import { ProtocolError } from '../errors.ts';

const longestChain = 5;

/** Follows the permanent redirects that were remembered, from URL to URL, both without a query. */
export function followMoved(url: URL, moved: Readonly<Record<string, string>>): URL {
  let place = `${url.origin}${url.pathname}`;
  const start = place;
  for (let steps = 0; Object.hasOwn(moved, place); steps += 1) {
    if (steps === longestChain) throw goesInCircles(start);
    place = moved[place] ?? place;
  }
  if (place === start) return url;
  const there = new URL(place);
  there.search = url.search;
  return there;
}

function goesInCircles(start: string): ProtocolError {
  return new ProtocolError(
    `the permanent redirects from ${start} continue for more than ${longestChain} steps; nothing was sent`,
    {
      hint: "Set the adapter's URL to where the API is now, and run once with --full.",
    },
  );
}
