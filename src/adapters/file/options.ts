/** How files are read, as in the config. */
export interface FileOptions {
  readonly resources: Readonly<Record<string, FileResource>>;
  /** The size above which the answer of a URL is refused, as sent and unpacked. */
  readonly maxBodyBytes?: number | undefined;
}

export interface FileResource {
  /** Fetched with one hit. A resource has either this or `path`. */
  readonly url?: string | undefined;
  /** Opened directly, without a hit or a slot. */
  readonly path?: string | undefined;
  /** Default: by the name, the content type, or the first byte. */
  readonly format?: FileFormat | undefined;
  /** The dotted path to the array in a JSON document. Default: the document is the array. */
  readonly records?: string | undefined;
  readonly csv?: CsvOptions | undefined;
}

export type FileFormat = 'json' | 'ndjson' | 'csv';

export interface CsvOptions {
  /** Default: a comma. */
  readonly delimiter?: string | undefined;
  /** Default: a double quote. */
  readonly quote?: string | undefined;
  /** True, the default, means that the first row names the columns. */
  readonly header?: true | readonly string[] | undefined;
  /** Any label of the WHATWG Encoding Standard. Default: UTF-8. */
  readonly encoding?: string | undefined;
  /** True if the file always ends with a line break. Then a file that does not is cut off. */
  readonly newlineAtEnd?: boolean | undefined;
}
