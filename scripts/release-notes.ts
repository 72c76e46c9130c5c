// `node scripts/release-notes.ts v1.2.3`: prints what the changelog says of a version. Refuses a tag that package.json does not
// have, and a version that the changelog does not have, so that a release cannot begin half-way.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Release {
  readonly tag: string;
  /** That of package.json. */
  readonly version: string;
  readonly changelog: string;
}

/** The section of the changelog for this version, without its heading. Throws if tag, version and changelog disagree. */
export function releaseNotes({ tag, version, changelog }: Release): string {
  if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, and package.json has the version ${version}`);
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  const notes = section?.replace(/^.*\n/, '').trim() ?? '';
  if (notes === '') throw new Error(`CHANGELOG.md has nothing under "## ${version}"`);
  return `${notes}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  const { version } = JSON.parse(read('package.json'));
  process.stdout.write(releaseNotes({ tag: process.argv[2] ?? '', version, changelog: read('CHANGELOG.md') }));
}
