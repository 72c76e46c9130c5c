import type { Context } from 'hono';
import type { Env } from '../env.ts';
import { openEventStream } from './event-stream.ts';
import type { Painted, Viewers } from './viewers.ts';

/** Answers with a stream of what a topic looks like; where there is no room for another stream, with what it looks like now. */
export async function streamOf(
  context: Context<Env>,
  viewers: Viewers,
  paint: () => Promise<Painted>,
): Promise<Response> {
  if (!viewers.hasRoom) return context.html((await paint()).html);
  const topic = `${context.get('role')} ${pathOf(context)}`;
  const { response, viewer } = openEventStream(context.get('mayLook'), (gone) => viewers.remove(topic, gone));
  viewers.add(topic, viewer, paint);
  return response;
}

/** The path of a request with its query. */
export function pathOf(context: Context<Env>): string {
  return `${context.req.path}${new URL(context.req.url).search}`;
}
