import { type BackOffCause, ExitCode } from '../../errors.ts';
import type { DatabaseFacts, Facts, FailingFacts, SlotFacts } from '../facts.ts';
import { isLate, runsSince, runsUntilBehind } from '../pace.ts';
import type { Problem } from '../problem.ts';
import { clauseOf, lasting, listed, many, roughly, sentence } from '../words.ts';

/** A failure, and every resource that has it. */
interface Failure extends FailingFacts {
  readonly resources: readonly string[];
}

/** What the third party does not give us: pages, or access. One problem for each cause, however many resources it stops. */
export function thirdPartyProblems(facts: Facts): Problem[] {
  const failures = facts.database.is === 'known' ? failuresOf(facts.database.value) : [];
  const known = facts.database.is === 'known' ? facts.database.value : null;
  const refused = failures.filter(({ exitCode }) => exitCode === ExitCode.credentials);
  const others = failures.filter(({ exitCode }) => exitCode !== ExitCode.credentials);
  const problems = [
    ...refused.slice(0, 1).map((failure) => credentialsProblem(failure, facts)),
    ...(known ? others.map((failure) => failureProblem(failure, known, facts)) : []),
  ];
  return problems.length > 0 ? problems : backOffProblems(facts);
}

/** The same status, or the same message, of several resources is one failure. */
function failuresOf({ resources }: DatabaseFacts): Failure[] {
  const failures = new Map<string, Failure>();
  for (const { resource, failing } of resources) {
    if (failing === null) continue;
    const key = failing.exitCode === ExitCode.credentials ? 'credentials' : `${failing.status ?? failing.message}`;
    const before = failures.get(key);
    failures.set(key, {
      ...failing,
      since: Math.min(failing.since, before?.since ?? failing.since),
      resources: [...(before?.resources ?? []), resource],
    });
  }
  return [...failures.values()];
}

function credentialsProblem(failure: Failure, { plan, now }: Facts): Problem {
  const { message, since, status, resources, hint } = failure;
  const variables = plan.credentials;
  const title = `the third party refuses the credentials${status === null ? '' : ` (${status})`}`;
  // What asks for tokens knows better what to do than that something is to be renewed.
  const own = hint != null && status !== 401 && status !== 403 && !refusal.test(message) ? hint : null;
  const renew = variables.length > 0 ? `Renew ${listed(variables)}` : "Renew the credentials in the adapter's config";
  return {
    id: 'credentials-refused',
    severity: 'act',
    ...onlyOne(resources),
    since: new Date(since),
    title,
    cause: `${sentence(title)}${lasting(since, now)}. ${clauseOf(message).replace(refusal, ' says: ')}.`,
    guarantee:
      'Rows stay as they are: nothing is deleted because of it. Until the credentials change, hardly any hit is made.',
    advice: own ?? `${renew}. Changed credentials are tried at once.`,
    next: own === null ? 'cronsync run --dry-run' : 'cronsync run',
  };
}

/** What a message says that the problem says already. */
const refusal = / refused our credentials \(\d+\) with: /;

function failureProblem(failure: Failure, database: DatabaseFacts, facts: Facts): Problem {
  const { message, since, status, resources, exitCode } = failure;
  const { now, plan } = facts;
  const tried = runsSince(since, database);
  const isStanding =
    tried.count >= runsUntilBehind ||
    database.resources.some((one) => resources.includes(one.resource) && isLate(one, database, facts));
  const title = status === null ? saidBy(message) : `the third party answers ${status}`;
  const which = resources.length < plan.resources.length ? ` for ${listed(resources)}` : '';
  const runs = `${tried.isAll ? '' : 'at least '}${many(tried.count, 'run')} tried${lasting(since, now).replace(' for', ' in')}`;
  const detail = status === null ? '' : ` It says: ${clauseOf(message)}.`;
  return {
    id: 'third-party-refuses',
    severity: isStanding ? 'act' : 'watch',
    ...onlyOne(resources),
    since: new Date(since),
    title,
    cause: `${sentence(title)}${which}. ${sentence(runs)}.${detail}`,
    guarantee:
      'Rows stay as they are: nothing is deleted because of it. Each run tries again, once a back-off is over.',
    advice:
      exitCode === ExitCode.protocol
        ? 'Keep its answer and look at it. If the API has changed, change the adapter.'
        : 'Ask the third party if it lasts. A dry run shows what it answers now, and takes one slot.',
    next: exitCode === ExitCode.protocol ? 'cronsync run --dry-run --save answer.json' : 'cronsync run --dry-run',
  };
}

/** A message begins with the URL that was asked for. */
function saidBy(message: string): string {
  return clauseOf(message).replace(/^https?:\/\/\S+/, 'the third party');
}

/** A back-off of which no resource has a failure: the third party has asked for it, or another sync met it. */
function backOffProblems({ redis }: Facts): Problem[] {
  if (redis.is === 'unknown') return [];
  return redis.value.slots.flatMap((slot) => (slot.cause === null ? [] : [backOffProblem(slot, slot.cause)]));
}

function backOffProblem({ key, waitMs }: SlotFacts, { message, exitCode }: BackOffCause): Problem {
  const title = `no hit may be made for ${key} yet`;
  const isCredentials = exitCode === ExitCode.credentials;
  return {
    id: isCredentials ? 'credentials-refused' : 'backing-off',
    severity: isCredentials ? 'act' : 'watch',
    since: null,
    title: isCredentials ? 'the third party refuses the credentials' : title,
    cause: `${sentence(clauseOf(message))}. No hit is made for ${roughly(waitMs)}.`,
    guarantee: 'Rows stay as they are: nothing is deleted because of it.',
    advice: isCredentials
      ? 'Renew the credentials. Changed ones are tried at once.'
      : 'Wait: the first run after that makes the next hit.',
    next: isCredentials ? 'cronsync run --dry-run' : 'cronsync status',
  };
}

function onlyOne(resources: readonly string[]): { readonly resource?: string } {
  const [resource] = resources;
  return resource !== undefined && resources.length === 1 ? { resource } : {};
}
