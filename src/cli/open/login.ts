import { formatDuration } from '../../duration.ts';
import { ConfigError, messageOf, syncErrorOf, UnreachableError } from '../../errors.ts';
import type { AskLogin, CheckedLogin, LoginRequest, ProvideLogin } from '../../login.ts';

export interface LoginModule {
  readonly part: LoginRequest['part'];
  readonly module: string;
  /** The config's folder. */
  readonly dir: string;
  readonly timeoutMs: number;
  /** Masks the password in every output from then on. */
  readonly hide: (secret: string) => void;
}

const guarantee = 'nothing was written';

/** Makes the function that asks a module of the user's who we are. The module is loaded at the first question. */
export function loginAsker({ part, module, dir, timeoutMs, hide }: LoginModule): AskLogin {
  const name = `the module ${module} of ${part}.auth`;
  let loading: Promise<ProvideLogin> | undefined;
  return async (where) => {
    loading ??= load(name, module, dir);
    const provide = await loading;
    const login = checked(await answerOf(provide, { ...where, part }, { name, timeoutMs }), name);
    hide(login.password);
    return login;
  };
}

async function load(name: string, module: string, dir: string): Promise<ProvideLogin> {
  const { importModule } = await import('../../config/modules.ts');
  const provide = await importModule(module, dir);
  if (typeof provide === 'function') return provide as ProvideLogin;
  throw new ConfigError(`${name} does not export a function; ${guarantee}`, {
    hint: 'Its default export returns { username, password }, or a promise of it.',
  });
}

async function answerOf(
  provide: ProvideLogin,
  request: Omit<LoginRequest, 'signal'>,
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
): Promise<unknown> {
  const late = new AbortController();
  const isLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    isLate.reject(new UnreachableError(`${name} did not answer within ${formatDuration(timeoutMs)}; ${guarantee}`));
    late.abort();
  }, timeoutMs);
  try {
    return await Promise.race([isLate.promise, (async () => provide({ ...request, signal: late.signal }))()]);
  } catch (error) {
    const known = error instanceof UnreachableError ? error : syncErrorOf(error);
    throw known ?? new UnreachableError(`${name} failed: ${messageOf(error)}; ${guarantee}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function checked(answer: unknown, name: string): CheckedLogin {
  const { username, password, expires } = Object(answer) as Readonly<Record<string, unknown>>;
  if (typeof password !== 'string' || password === '') throw wrong(name, 'no password');
  if (username !== undefined && typeof username !== 'string') throw wrong(name, 'a username that is not a text');
  if (expires === undefined || expires === null) return { username, password, expiresAt: null };
  const expiresAt = new Date(expires as Date | string | number).getTime();
  if (Number.isNaN(expiresAt)) throw wrong(name, 'an "expires" that is not a date');
  if (expiresAt > Date.now()) return { username, password, expiresAt };
  throw new UnreachableError(`${name} returned a login that has expired; ${guarantee}`);
}

function wrong(name: string, what: string): ConfigError {
  return new ConfigError(`${name} returned ${what}; ${guarantee}`, {
    hint: 'It returns { username, password, expires }: two texts and a date. username and expires may be left out.',
  });
}
