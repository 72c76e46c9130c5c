import type { Role } from './protect/access.ts';

/** What is known of a request once it is let in. */
export interface Env {
  Variables: {
    role: Role;
    /** Whether a login that let it in has not ended meanwhile. */
    mayLook: () => boolean;
  };
}
