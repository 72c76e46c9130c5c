import type { Painted, Viewer } from './viewers.ts';

/** How many messages may wait for a browser that does not read. */
const mostWaiting = 20;

/** One stream of server-sent events (HTML Living Standard, section 9.2), and who is at its other end. */
export interface OpenStream {
  readonly response: Response;
  readonly viewer: Viewer;
}

/** Opens a stream. `onEnd` is called when the browser has gone; `mayLook` says whether it is still let in. */
export function openEventStream(mayLook: Viewer['mayLook'], onEnd: (viewer: Viewer) => void): OpenStream {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const viewer: Viewer = {
    mayLook,
    send(message) {
      if (!controller || (controller.desiredSize ?? 0) < -mostWaiting) return false;
      controller.enqueue(encoder.encode(messageText(message)));
      return true;
    },
    end() {
      controller?.close();
      controller = undefined;
    },
  };
  const body = new ReadableStream<Uint8Array>({
    start(opened) {
      controller = opened;
    },
    cancel() {
      controller = undefined;
      onEnd(viewer);
    },
  });
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
  return { response: new Response(body, { headers }), viewer };
}

function messageText({ html, id }: Painted): string {
  const data = html
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('');
  return `id: ${id}\n${data}\n`;
}
