import { openScriptedThirdParty, type ScriptedThirdParty, type ThirdPartyHit } from '../../src/testing.ts';

/** What is answered to which request: `GET /customers?limit=2`, or `POST /graphql after=EUR` by the cursor in `variables`. */
export type Answers = ReadonlyMap<string, string>;

/** A third party that answers as a page of docs/ says. */
export function openAnsweringThirdParty(answers: Answers): Promise<ScriptedThirdParty> {
  return openScriptedThirdParty((hit) => {
    const body = answers.get(nameOf(hit));
    if (body === undefined) return { status: 404, body: { error: 'the page does not say what this answers' } };
    return { headers: { 'content-type': 'application/json' }, body };
  });
}

function nameOf({ method, url, body }: ThirdPartyHit): string {
  const after = method === 'POST' ? ` after=${JSON.parse(body).variables?.after ?? null}` : '';
  return `${method} ${url.pathname}${url.search}${after}`;
}
