/** Which of the held sets of a resource. */
export type HeldKind = 'deletes' | 'updates';

/** How a person names a held set: by its number, and by the start of its digest where the number may mean another set. */
export interface HeldToken {
  readonly count: number;
  readonly digest?: string;
}

/** Reads `340` or `340@9f3c`; undefined if the text is something else. */
export function parseHeldToken(text: string): HeldToken | undefined {
  const [, count, digest] = /^([1-9]\d{0,8})(?:@([0-9a-f]{4,16}))?$/.exec(text) ?? [];
  return count === undefined ? undefined : { count: Number(count), ...(digest !== undefined && { digest }) };
}

/** `340@9f3c`. */
export function heldTokenOf({ count, digest }: { readonly count: number; readonly digest: string }): string {
  return `${count}@${digest.slice(0, 4)}`;
}

/** A person's approval of exactly one held set, until the run that uses it. There is one for each resource and kind at most. */
export interface StoredPermit {
  readonly resource: string;
  readonly what: HeldKind;
  /** The pass that held the set. */
  readonly pass: number;
  /** Of the held set. */
  readonly digest: string;
  /** How many records are in it. */
  readonly count: number;
  readonly who: string;
  readonly at: Date;
  readonly until: Date;
}

/**
 * Whether a stored permit is for this set: for the same records, and given while they were held without a break. What came back
 * and is missing again has to be looked at again.
 */
export function isPermitFor(
  { digest, pass }: Pick<StoredPermit, 'digest' | 'pass'>,
  held: { readonly digest: string; readonly since?: number },
): boolean {
  return digest === held.digest && pass >= (held.since ?? 0);
}
