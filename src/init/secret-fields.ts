import { wordsOf } from './names.ts';

const secretWords = new Set([
  'secret',
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'credential',
  'credentials',
  'cvv',
  'cvc',
  'ssn',
  'otp',
]);
const secretEndings: readonly RegExp[] = [
  /(^| )(access|auth|api|refresh|bearer|session|id|csrf|reset|invite|verification|security|private|device|push)? ?tokens?$/,
  /(^| )(api|access|private|secret|auth|signing|account|encryption|webhook|license|client) keys?$/,
  /(^| )pin code$/,
  /(^| )(two factor|totp|mfa|recovery) (code|codes|secret)$/,
];
const secretValues: readonly RegExp[] = [
  /^eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*$/,
  /^(gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|rk_live_|whsec_|AKIA|shpat_)[\w-]{8,}/,
  /^-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^\$(2[aby]|argon2(id|i|d))\$/,
];

/** Whether a field looks like a secret of the third party, by its name or by a value: it is better not kept. */
export function looksSecret(name: string, values: readonly unknown[]): boolean {
  const words = wordsOf(name);
  if (/^(is|has|needs)$/.test(words[0] ?? '') || values.every((value) => typeof value === 'boolean' || value === null))
    return false;
  const text = words.join(' ');
  if (
    words.some((word) => secretWords.has(word)) &&
    !/ (hint|policy|url|updated at|changed at|set at|count)$/.test(text)
  )
    return true;
  if (secretEndings.some((ending) => ending.test(text))) return true;
  return values.some((value) => typeof value === 'string' && secretValues.some((form) => form.test(value)));
}
