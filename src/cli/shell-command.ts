import { dirname, join, sep } from 'node:path';

/**
 * What a person types in a shell to start this program: `npx cronsync` where it is a package of the folder, or of one above
 * it; the path of its link where it is a package of another folder; else `cronsync`. Never `sync`: most systems have
 * another program of this name. `script` is the file that Node was started with, and may be a link.
 */
export function shellCommand(script: string, folder: string): string {
  const at = script.indexOf(modules);
  if (at < 0) return 'cronsync';
  const owner = script.slice(0, at);
  if (isWithin(folder, owner) || owner.includes(npxCache)) return 'npx cronsync';
  const links = `${owner}${modules}.bin`;
  return dirname(script) === links ? join(links, 'cronsync') : 'cronsync';
}

const modules = `${sep}node_modules${sep}`;
const npxCache = `${sep}_npx${sep}`;

/** Commands in messages are quoted and start with `cronsync`: gives them as they are typed here. */
export function asTyped(text: string, command: string): string {
  return command === 'cronsync' ? text : text.replace(/(["`])cronsync(?= |\1)/g, `$1${command}`);
}

function isWithin(folder: string, owner: string): boolean {
  return `${folder}${sep}`.startsWith(`${owner}${sep}`);
}
