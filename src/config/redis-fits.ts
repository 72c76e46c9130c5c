import { type Problem, pathOf } from './problems.ts';
import { isObject } from './schema/objects.ts';

const places = ['url', 'sentinels', 'cluster'];

/** Members that belong to some places only, and what to do where Redis is another place. */
const belongings: Readonly<Record<string, { readonly to: readonly string[]; readonly expected: string }>> = {
  name: { to: ['sentinels'], expected: '"sentinels", which know the master by this name' },
  username: { to: ['sentinels', 'cluster'], expected: 'the user in the URL: redis://user:password@host:6379' },
  password: { to: ['sentinels', 'cluster'], expected: 'the password in the URL: redis://user:password@host:6379' },
  sentinelUsername: { to: ['sentinels'], expected: '"sentinels", whose user this is' },
  sentinelPassword: { to: ['sentinels'], expected: '"sentinels", whose password this is' },
  db: { to: ['sentinels'], expected: 'the database in the URL (redis://host:6379/1); a cluster has only one' },
};

/** Checks that `redis` is one place, with what belongs to it. */
export function redisFits({ redis }: Readonly<Record<string, unknown>>): readonly Problem[] {
  if (!isObject(redis)) return [];
  const has = (name: string) => redis[name] !== undefined;
  const problem = (name: string, expected: string, found: string): Problem => {
    return { path: pathOf(['redis', name]), expected, found };
  };
  const [place = 'url', ...others] = places.filter(has);
  const isOne = others.length === 0;
  const foreign = Object.entries(belongings).filter(([name, { to }]) => isOne && has(name) && !to.includes(place));
  const { auth, url } = redis;
  const isTwice = auth !== undefined && (has('password') || URL.parse(String(url))?.password);
  const isPlain = place === 'url' && has('tls') && !String(redis.url).startsWith('rediss://');
  return [
    ...others.map((name) => problem(name, `only one of "url", "sentinels" and "cluster"`, `"${place}" too`)),
    ...foreign.map(([name, { expected }]) => problem(name, expected, `"${name}" beside "${place}"`)),
    ...(place === 'sentinels' && !has('name')
      ? [problem('name', 'what the sentinels call the master, such as "mymaster"', 'nothing')]
      : []),
    ...(isTwice ? [problem('auth', 'no password beside it: the module returns it', 'a password')] : []),
    ...(isPlain ? [problem('url', 'a URL that begins with rediss://, because "tls" is set', 'another one')] : []),
  ];
}
