/** One answer of a third party, as it came. */
export interface Answer {
  /** What was asked for, without credentials. */
  readonly url: URL;
  /** Names in small letters. Empty where only the body was kept. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly document: unknown;
}

/** The parts of an answer that say how its pages are linked. */
export interface PageFacts {
  readonly answer: Answer;
  readonly records: readonly unknown[];
  /** JMESPath to the list; null: the body. */
  readonly list: string | null;
  /** The record's own key where it is one plain field: some APIs continue after the last one. */
  readonly keyPath: string | null;
  /** The parameter that takes the next cursor or page, if a person has named it. */
  readonly param: string | null;
}

/** A parameter whose name, without case and punctuation, is one of these. */
export function parameterLike(
  { searchParams }: URL,
  names: readonly string[],
): { name: string; value: string } | undefined {
  for (const [name, value] of searchParams) {
    if (names.includes(name.toLowerCase().replace(/[^a-z]/g, ''))) return { name, value };
  }
  return undefined;
}
