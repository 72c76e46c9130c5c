import { hostname, userInfo } from 'node:os';
import type { Actor } from '../act/note.ts';

/** Whoever types this command: `user@host`. */
export function thisActor(why: string | undefined = undefined): Actor {
  return { who: `${userName()}@${hostname()}`, why: why ?? null };
}

/** In a container, the user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
