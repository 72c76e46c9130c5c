// Which packages are in the bundles, and under which licences: for the notices and the bill of materials of the package.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** Its SPDX identifier. */
  readonly licence: string;
  /** The text that its licence wants to be kept with it. */
  readonly text: string;
  /** Its sources as published: a tarball in the registry, and the tarball's digest (Subresource Integrity). */
  readonly source: string;
  readonly integrity: string;
}

/** These allow what cronsync does with the code. Any other licence stops the build until a person has read it. */
const allowed = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MPL-2.0'];

/** The SPDX identifier of a licence, where a package names it otherwise. */
export function spdxOf(license: string): string {
  return license === 'BSD-0-Clause' ? '0BSD' : license;
}

/** Reads the packages that have code in these bundles, by name. Throws if one has no licence text or an unknown licence. */
export function bundledPackages(metafiles: readonly Metafile[]): BundledPackage[] {
  const { packages: locked }: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const folders = new Set(metafiles.flatMap(foldersIn));
  const packages = [...folders].map((folder) => readPackage(folder, locked[folder]));
  return packages.sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}

interface Locked {
  readonly integrity?: string;
}

/** What was imported and left out again has no byte in the output. */
function foldersIn({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    return folder !== undefined && bytesInOutput > 0 ? [folder] : [];
  });
}

function readPackage(folder: string, locked: Locked | undefined): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const licence = spdxOf(license);
  if (!allowed.includes(licence))
    throw new Error(`${folder} has the licence ${licence}, which is not on the list of allowed licences`);
  if (!locked?.integrity) throw new Error(`${folder} is not in package-lock.json`);
  const source = `https://registry.npmjs.org/${name}/-/${basename(name)}-${version}.tgz`;
  return { name, version, licence, text: licenceText(folder), source, integrity: locked.integrity };
}

/** A few packages have their licence in the README only. */
function licenceText(folder: string): string {
  const files = readdirSync(folder);
  const texts = files.filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file));
  if (texts.length > 0) return texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  const readme = files.find((file) => /^readme\.md$/i.test(file));
  const [, section] =
    /^#+ licen[cs]e\s*$([\s\S]*?)(?=^#|(?![\s\S]))/im.exec(readme ? readFileSync(join(folder, readme), 'utf8') : '') ??
    [];
  if (!section?.trim()) throw new Error(`${folder} has no licence text`);
  return section.trim();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
