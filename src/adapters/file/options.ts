/** How files are read, as the config says it. */
export interface FileOptions {
  readonly resources: Readonly<Record<string, FileResource>>;
}

export interface FileResource {
  /** Fetched with one hit. Either this or `path`. */
  readonly url?: string | undefined;
  /** Opened directly: no hit, no slot. */
  readonly path?: string | undefined;
  /** By default told by the name, the content type, or the first byte. */
  readonly format?: FileFormat | undefined;
  /** In a JSON document: the dotted path to the array; by default the document is the array. */
  readonly records?: string | undefined;
  readonly csv?: CsvOptions | undefined;
}

export type FileFormat = 'json' | 'ndjson' | 'csv';

export interface CsvOptions {
  /** Default: a comma. */
  readonly delimiter?: string | undefined;
  /** Default: a double quote. */
  readonly quote?: string | undefined;
  /** True: the first row names the columns. Default. */
  readonly header?: true | readonly string[] | undefined;
  /** Any label of the WHATWG Encoding Standard. Default: UTF-8. */
  readonly encoding?: string | undefined;
  /** The file always ends with a line break: one that does not is cut off. */
  readonly newlineAtEnd?: boolean | undefined;
}
