type Variables = Readonly<Record<string, string | undefined>>;

/** What a program needs to find its parts, its user's files, its language and its time zone. None of these is a secret. */
const harmless = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TZ', 'LANG', 'LANGUAGE'];

/** The environment of a program that cronsync starts: the harmless part of its own, and what the config adds. */
export function environmentFor(own: Variables, added: Variables): Record<string, string> {
  const inherited = Object.entries(own).filter(([name]) => harmless.includes(name) || name.startsWith('LC_'));
  const all = [...inherited, ...Object.entries(added)];
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
