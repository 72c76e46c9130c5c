import type { Config } from '../../config/schema/schema.ts';
import type { AskLogin } from '../../login.ts';
import type { LoginModule } from './login.ts';

/** Ask the modules of `redis.auth` and `target.auth`, where the config names them. */
export interface Logins {
  readonly redis: AskLogin | undefined;
  readonly target: AskLogin | undefined;
}

type Around = Omit<LoginModule, 'part' | 'module'>;

export function loginsOf({ redis, target }: Pick<Config, 'redis' | 'target'>, around: Around): Logins {
  return {
    redis: loginOf('redis', redis.auth, around),
    target: loginOf('target', target.type === 'postgres' ? target.auth : undefined, around),
  };
}

/** What asks is loaded with the first question. */
function loginOf(
  part: LoginModule['part'],
  auth: { readonly module: string } | undefined,
  around: Around,
): AskLogin | undefined {
  if (!auth) return undefined;
  let asking: Promise<AskLogin> | undefined;
  return async (where) => {
    asking ??= import('./login.ts').then(({ loginAsker }) => loginAsker({ part, module: auth.module, ...around }));
    return (await asking)(where);
  };
}
