// Builds a program as a few CommonJS files, each loaded when something in it is first needed, so that a start reads and compiles
// little. esbuild splits only ECMAScript modules, and starting from those is slower. So its chunks become CommonJS and are put
// together by when they are needed, with a loader of some lines in the first file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';

/**
 * Builds `entry` into `<name>.cjs` and one further file for each group. A group is named, and lists the modules by which its
 * part of the program begins; it has all that these need and no earlier file has. The last file, `more.cjs`, has the rest.
 * Returns the metafile of the bundle.
 */
export async function splitBundle({ entry, groups, ...options }) {
  const { metafile, outputFiles } = await build({
    ...options,
    ...{ entryPoints: [entry], format: 'esm', splitting: true, write: false, outExtension: {}, sourcemap: 'inline' },
    minifyWhitespace: false, // A change below then moves the columns of one statement only.
  });
  const chunks = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), lazily(text, chunks)]));
  const [first, ...later] = divide(chunks, groups);
  const homes = later.flatMap(({ name, own }) => own.map((chunk) => [`./${chunk}`, `./${name}.cjs`]));
  const partsOf = (own) => Promise.all(own.map((chunk) => partOf(chunk, texts.get(chunk), options)));
  const place = (name) => join(options.outdir, `${name}.cjs`);
  mkdirSync(options.outdir, { recursive: true });
  const start = `};load('./${chunkOf(entry, chunks)}');`;
  write(place(first.name), await partsOf(first.own), { head: loader(Object.fromEntries(homes)), foot: start });
  for (const { name, own } of later) write(place(name), await partsOf(own), { head: 'module.exports = {', foot: '};' });
  return metafile;
}

/** Which chunks each file has, in the order in which they need each other. */
function divide(chunks, groups) {
  const left = new Set(chunks.keys());
  const take = (chunk, taken) => {
    if (!left.delete(chunk)) return;
    for (const { kind, path } of chunks.get(chunk).imports) {
      if (kind !== 'dynamic-import' && chunks.has(basename(path))) take(basename(path), taken);
    }
    taken.push(chunk);
  };
  const named = Object.entries(groups).map(([name, modules]) => {
    const own = [];
    for (const module of modules) take(chunkOf(module, chunks), own);
    return { name, own };
  });
  return [...named, { name: 'more', own: [...left] }];
}

function chunkOf(module, chunks) {
  for (const [name, { entryPoint }] of chunks) if (entryPoint === module) return name;
  throw new Error(
    `${module} is not imported dynamically any more: put another module into its group in scripts/build.js`,
  );
}

/** The start of the first file. A chunk runs once, when it is first needed, and finds its chunks and all else by `require`. */
const loader = (homes) => `'use strict';
const homes = ${JSON.stringify(homes)}, loaded = {};
function load(name) {
  if (loaded[name]) return loaded[name].exports;
  if (homes[name] && !chunks[name]) Object.assign(chunks, require(homes[name]));
  if (!chunks[name]) return require(name);
  const module = (loaded[name] = { exports: {} });
  chunks[name](module, module.exports, load);
  return module.exports;
}
const chunks = {`;

/** Loads what is imported dynamically by the loader. A CommonJS package has its exports in `default`: they get their names, as in Node. */
function lazily(text, chunks) {
  return text.replace(/\bimport\("\.\/([\w.-]+\.js)"\)/g, (found, chunk) => {
    const { entryPoint = '', exports } = chunks.get(chunk) ?? {};
    if (!exports) return found;
    const load = `require("./${chunk}")`;
    const isCommonJs = entryPoint.startsWith('node_modules/') && exports.join() === 'default';
    const module = isCommonJs ? `({...${load}.default,default:${load}.default})` : load;
    return `Promise.resolve().then(()=>${module})`;
  });
}

/** One chunk as a member of an object. V8 compiles a function in parentheses with its file, and keeps it in the compile cache. */
async function partOf(name, text, { target, minifySyntax, minifyWhitespace }) {
  const { code, map } = await transform(text, {
    ...{ format: 'cjs', platform: 'node', target, minifySyntax, minifyWhitespace },
    ...{ sourcefile: name, sourcemap: 'external', sourcesContent: false },
  });
  return { before: `"./${name}":(function(module,exports,require){`, code, after: '}),', map: JSON.parse(map) };
}

/** Writes a file, and its source map as one with sections: of each chunk its own. */
function write(path, parts, { head, foot }) {
  let text = `${head}\n`;
  const sections = parts.map(({ before, code, after, map }) => {
    text += `${before}\n`;
    const offset = { line: text.split('\n').length - 1, column: 0 };
    text += `${code.trimEnd()}\n${after}\n`;
    return { offset, map };
  });
  writeFileSync(path, `${text}${foot}\n//# sourceMappingURL=${basename(path)}.map\n`);
  writeFileSync(`${path}.map`, JSON.stringify({ version: 3, sections }));
}
