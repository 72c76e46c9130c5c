import type { Context, Hono } from 'hono';
import { messageOf } from '../errors.ts';
import type { AppOptions } from './app-options.ts';
import type { Env } from './env.ts';
import { positionIn } from './read/event-text.ts';
import { readEvent, readEvents } from './read/events.ts';
import { numberIn, textIn } from './read/links.ts';
import { within } from './read/within.ts';

const mostEvents = 1000;

/** Adds what programs read: the same JSON as the commands print. */
export function addApi(app: Hono<Env>, { sources, mask }: AppOptions): void {
  const answer = async (context: Context<Env>, text: () => Promise<string | null>, type = 'application/json') => {
    try {
      const found = await within(text());
      context.header('content-type', `${type}; charset=utf-8`);
      return found === null ? context.body('{"error":"there is no such event"}\n', 404) : context.body(mask(found));
    } catch (error) {
      return context.json({ error: mask(messageOf(error)) }, 503);
    }
  };

  app.get('/api/status', async (context) => {
    const facts = await sources.facts();
    const isSilent = facts.redis.is === 'unknown' && facts.database.is === 'unknown';
    context.header('content-type', 'application/json; charset=utf-8');
    return context.body(`${mask(JSON.stringify(sources.statusOf(facts)))}\n`, isSilent ? 503 : 200);
  });

  // What a store that is away would know is left out, so that a scrape always succeeds.
  app.get('/metrics', async (context) => {
    context.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    return context.body(mask(sources.metricsOf(await sources.facts())));
  });

  app.get('/api/events', (context) => {
    const query = new URL(context.req.url).searchParams;
    const limit = Math.min(numberIn(query, 'limit') ?? 100, mostEvents);
    const types = query.getAll('type').filter((type) => type !== '');
    const filter = { types, key: textIn(query, 'key'), before: numberIn(query, 'before'), limit };
    const lines = async () => {
      const { events } = await sources.database((reader) => readEvents(reader, filter));
      return events.map(({ text }) => `${text}\n`).join('');
    };
    return answer(context, lines, 'application/x-ndjson');
  });

  app.get('/api/events/:position', (context) => {
    const position = positionIn(context.req.param('position'));
    const text = async () => {
      const event = position && (await sources.database((reader) => readEvent(reader, position)));
      return event ? `${event.text}\n` : null;
    };
    return answer(context, text);
  });
}
