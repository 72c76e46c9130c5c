/** The error code of a refusal, for a message. It is a word (RFC 6749 section 5.2); anything else may be anything. */
export function plainCode(code: string): string {
  return /^[\w.-]{1,60}$/.test(code) ? code : 'without a code';
}
