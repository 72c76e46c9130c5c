// What runs in the browser: htmx with its extension for server-sent events, and what greys a live region that lost its
// connection. Every screen works without it.
import 'htmx.org/dist/htmx.esm.js';
import 'htmx.org/dist/ext/hx-sse.js';

/** A live server says something at least every ten seconds. */
const silenceMs = 25_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let watch;

document.addEventListener('htmx:sse:after:message', () => show(true));
document.addEventListener('htmx:sse:error', () => show(false));
document.addEventListener('htmx:sse:close', () => show(false));
// Before the first connection there is nothing to lose, and the paint of the server is new.
document.addEventListener('htmx:sse:before:connection', (event) => {
  if (event.detail.connection.attempt > 0 && !document.hidden) show(false);
});
// Where the server has no room for another stream, the region asks again and again instead.
document.addEventListener('htmx:after:swap', () => show(true));

/** @param {boolean} isLive */
function show(isLive) {
  clearTimeout(watch);
  document.getElementById('live')?.classList.toggle('stale', !isLive);
  const lost = document.getElementById('lost');
  if (lost) lost.hidden = isLive;
  if (isLive) watch = setTimeout(() => document.hidden || show(false), silenceMs);
}
