import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

export const targets = ['sqlite', 'postgres'] as const;
export type TargetType = (typeof targets)[number];

/** Where a run does not pass, whatever its target is. */
const elsewhere = /^(listen|listeners|http\/oauth|redis\/(attempts|blocking|consumer|members))\b/;

/** The names of all crash points that a run on this target passes, as the sources have them: a new one is there at once. */
export function crashPointsOf(target: TargetType): readonly string[] {
  const isOther = (file: string) => /^targets\/(?!sql\/)/.test(file) && !file.startsWith(`targets/${target}/`);
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !elsewhere.test(file) && !isOther(file))
    .flatMap((file) => [...readFileSync(source + file, 'utf8').matchAll(/crashPoint\('([\w-]+)'\)/g)])
    .map(([, name]) => name ?? '');
  return [...new Set(names)].toSorted();
}
