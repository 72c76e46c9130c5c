import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Pause } from '../pause.ts';
import type { Target } from '../target.ts';
import type { Timings } from '../timings.ts';

export interface PausesDeps {
  readonly target: Pick<Target, 'pauses'>;
  readonly log: Log;
  readonly timings: Pick<Timings, 'steeringMs'>;
}

/** Which listeners people have paused: asked of the target every few seconds, so that a daemon need not be restarted. */
export class Pauses {
  readonly #deps: PausesDeps;
  /** For each listener, what fires when it is paused. A listener that is resumed has a new one. */
  readonly #paused = new Map<string, AbortController>();
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;

  constructor(listeners: readonly string[], deps: PausesDeps) {
    this.#deps = deps;
    for (const listener of listeners) this.#paused.set(listener, new AbortController());
  }

  /** Asks once, and then again and again. While the target is away, what it last said counts. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#ask(), this.#deps.timings.steeringMs);
    await this.#ask();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Fires when the listener is paused; it has fired already while it is. */
  pausing(listener: string): AbortSignal {
    return this.#paused.get(listener)?.signal ?? new AbortController().signal;
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const pauses = await this.#deps.target.pauses();
      for (const [listener, controller] of this.#paused) {
        this.#note(
          listener,
          controller,
          pauses.find((pause) => pause.listener === listener),
        );
      }
    } catch (error) {
      this.#deps.log.debug(`what is paused could not be asked: ${messageOf(error)}`);
    } finally {
      this.#isAsking = false;
    }
  }

  #note(listener: string, controller: AbortController, pause: Pause | undefined): void {
    const wasPaused = controller.signal.aborted;
    if (pause && !wasPaused) {
      this.#deps.log.warn(`${listener} is paused by ${pause.who}${reasonOf(pause)}: its events wait`, { listener });
      controller.abort();
    } else if (!pause && wasPaused) {
      this.#deps.log.warn(`${listener} is resumed`, { listener });
      this.#paused.set(listener, new AbortController());
    }
  }
}

function reasonOf({ reason }: Pause): string {
  return reason === null ? '' : ` ("${reason}")`;
}
