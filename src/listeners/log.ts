import type { Listener } from '../listener.ts';

export interface LogListenerOptions {
  /** Writes a line of the result. */
  readonly print: (line: string) => void;
  /** Whether to print the whole event as JSON, and not only what happened to which record. */
  readonly isJson: boolean;
}

/** Prints one line per event, to show what other listeners would get. */
export function createLogListener({ print, isJson }: LogListenerOptions): Listener {
  return {
    async deliver({ event, json, signal }) {
      signal.throwIfAborted();
      const { changed, message } = event.data;
      const more = message ?? (changed && `(${changed.join(', ')})`);
      print(isJson ? json : [event.time, event.type, event.subject, more].filter(Boolean).join(' '));
    },
    async [Symbol.asyncDispose]() {},
  };
}
