// Writes what the package ships beside its bundles: dist/THIRD-PARTY-NOTICES.txt for people and lawyers, and
// dist/sbom.cdx.json (CycloneDX 1.6) for the scanners that look for known vulnerabilities.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Metafile } from 'esbuild';
import { type BundledPackage, bundledPackages } from './bundled-packages.ts';

/** Writes both files for the packages that have code in these bundles. Equal bundles give equal files. */
export function writeNotices(metafiles: readonly Metafile[]): void {
  const packages = bundledPackages(metafiles);
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', noticesOf(packages));
  writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(billOf(packages), null, 2)}\n`);
}

const line = '-'.repeat(80);

function noticesOf(packages: readonly BundledPackage[]): string {
  return [head(packages.length), ...packages.map(noticeOf)].join(`\n${line}\n\n`);
}

function head(count: number): string {
  return `Third-party notices

The files dist/*.cjs, dist/page/page.js, dist/index.js and dist/testing.js of
cronsync contain code of the ${count} packages below. Each package keeps its own licence, and its source is at
the address that is given with it. The source files of the packages under the
Mozilla Public License 2.0 are unchanged; section 3.2 of that licence asks us to say
where they are.
`;
}

function noticeOf({ name, version, licence, source, text }: BundledPackage): string {
  return `${name} ${version}\nLicence: ${licence}\nSource: ${source}\n\n${text.replaceAll('\r\n', '\n')}\n`;
}

/** By the CycloneDX specification, version 1.6. It has no time and no serial number, so that a build can be repeated. */
function billOf(packages: readonly BundledPackage[]): object {
  const { name, version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
  const own = packageUrl(name, version);
  const components = packages.map(componentOf);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name,
        version,
        purl: own,
        licenses: [{ license: { id: license } }],
      },
    },
    components,
    dependencies: [{ ref: own, dependsOn: components.map(({ purl }) => purl) }],
  };
}

function componentOf({ name, version, licence, source, integrity }: BundledPackage) {
  const purl = packageUrl(name, version);
  const [, digest = ''] = /^sha512-(\S+)/.exec(integrity) ?? [];
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    licenses: [{ license: { id: licence } }],
    hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }],
    externalReferences: [{ type: 'distribution', url: source }],
  };
}

/** The name of a package for scanners (package-url, type npm): the `@` of a scope is escaped. */
function packageUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
