/** Stands where there is no prose: no sentence goes on behind it. */
const gap = '\0';

/** The prose of a source: its comments and the texts in it. It is as long as the source, so that every line keeps its place. */
export function proseOfSource(source: string): string {
  return new SourceReader(source).read();
}

/** The titles of the tests in a source, each in its place. */
export function titlesOf(source: string): string {
  const kept = new Set<number>();
  for (const match of source.matchAll(title)) {
    const [whole, , text = ''] = match;
    const end = match.index + whole.length - 1;
    for (let at = end - text.length; at < end; at += 1) kept.add(at);
  }
  return Array.from({ length: source.length }, (_, at) => {
    const char = source.charAt(at);
    return kept.has(at) || char === '\n' ? char : gap;
  }).join('');
}

/** `test('a title'`, `describe.each([…])('a title'`. */
const title = /(?:\b(?:test|describe|it)(?:\.\w+)*\(|[\])]\)\()\s*(['"`])((?:(?!\1)[^\n])*)\1/g;

const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const text = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const expression =
  /(?<=(?:^|[(,=:[!&|?{};\n]|\breturn|=>)[ \t]*)\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;

/** Reads TypeScript once, from its first character to its last, and keeps apart what is prose and what is code. */
class SourceReader {
  readonly #source: string;
  #at = 0;
  #prose = '';

  constructor(source: string) {
    this.#source = source;
  }

  read(): string {
    this.#readCode();
    return this.#prose;
  }

  /** Up to the end, or to the brace that closes a value inside a template. */
  #readCode(): void {
    let depth = 0;
    while (this.#at < this.#source.length) {
      const char = this.#source.charAt(this.#at);
      if (char === '}' && depth === 0) return;
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      if (char === '`') this.#readTemplate();
      else this.#readToken();
    }
  }

  #readToken(): void {
    const found = this.#match(comment);
    const quoted = found ?? this.#match(text);
    if (found !== undefined) this.#keep(undecorated(found));
    else if (quoted !== undefined) this.#keep(`${gap}${quoted.slice(1, -1)}${gap}`);
    else this.#skip(this.#match(expression) ?? this.#source.charAt(this.#at));
  }

  #readTemplate(): void {
    this.#skip('`');
    while (this.#at < this.#source.length && this.#source.charAt(this.#at) !== '`') {
      if (this.#source.startsWith('${', this.#at)) this.#readValue();
      else this.#keep(this.#source.slice(this.#at, this.#at + (this.#source.charAt(this.#at) === '\\' ? 2 : 1)));
    }
    this.#skip('`');
  }

  #readValue(): void {
    this.#skip('${');
    this.#readCode();
    this.#skip('}');
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }

  #keep(prose: string): void {
    this.#prose += prose;
    this.#at += prose.length;
  }

  #skip(code: string): void {
    this.#prose += code.replace(/\S/g, gap);
    this.#at += code.length;
  }
}

/** The marks of a comment are blanks, so that a sentence goes on from one line to the next. */
function undecorated(found: string): string {
  const marks = found.startsWith('//') ? /^\/\// : /^\/\*+|\*+\/$|^[ \t]*\*/gm;
  return found.replace(marks, (mark) => ' '.repeat(mark.length));
}
