import type { Actions, Actor } from '../actions.ts';
import type { Content, Screen, ScreenRequest } from '../screen.ts';

/** A screen with a form that does something. It is there for operators only. */
export interface ActScreen extends Screen {
  /** Does what the form says. */
  act(request: ActRequest): Promise<Content>;
}

export interface ActRequest extends ScreenRequest {
  readonly form: URLSearchParams;
  readonly actions: Actions;
  readonly actor: Actor;
}

/** What was sent does not fit what is: nothing was done. */
export class RefusedError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(`${message}; nothing was done`);
    this.hint = hint;
  }
}
