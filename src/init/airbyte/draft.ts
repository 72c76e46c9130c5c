import { type Draft, type LeftOut, oneAMinute, type ThrottleDraft } from '../draft.ts';
import { listOf, type Members, membersOf, textOf } from '../json-places.ts';
import { itemNamed } from '../named.ts';
import { adapterName, resourceName } from '../names.ts';
import { isLimit, isoSeconds, type StatedLimit, windowsOf } from '../windows.ts';
import { authOf } from './auth.ts';
import { Manifest } from './manifest.ts';
import { readStream, type StreamRead, writtenName } from './stream.ts';
import type { Names } from './template.ts';

export interface AirbyteChoices {
  /** What the connector is called, where its URL does not say it. */
  readonly connector: string | null;
  readonly streams: readonly string[] | null;
  readonly include: readonly string[];
  readonly throttle: ThrottleDraft | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly schemaFile: (stream: string) => unknown;
}

/** A low-code manifest of Airbyte as one third party. What has no counterpart is in `leftOut`. Throws `UsageError` at a name that no stream has. */
export function draftOfManifest(document: Members, choices: AirbyteChoices): Draft {
  const manifest = new Manifest(document);
  const adapter = nameOf(manifest, choices.connector);
  const names: Names = { adapter, parameters: {}, defaults: defaultsOf(document) };
  const options = { names, schemaFile: choices.schemaFile, include: choices.include };
  const read = manifest.streams().map((stream) => ({
    ...readStream(manifest, stream, options),
    written: writtenName(manifest, stream, names),
  }));
  const wanted = choices.streams === null ? read : streamsNamed(read, choices.streams);
  const usable = wanted.filter(({ resource }) => resource !== null);
  const base = commonBase(usable);
  const { together: there, apart } = split(usable, base);
  const { together, orphans } = withParents(there);
  const [first] = together;
  const { auth, notes } = first
    ? authOf(manifest, manifest.part(first.requester, 'authenticator'), {
        ...names,
        parameters: first.requester.parameters,
      })
    : { auth: null, notes: [] };
  const budget = throttleOf(manifest);
  return {
    adapter: {
      name: adapter,
      baseUrl: base,
      auth,
      headers: choices.headers,
      throttle: choices.throttle ?? budget ?? oneAMinute,
      resources: together.flatMap(({ resource }) => resource ?? []),
    },
    leftOut: [...wanted.flatMap(({ leftOut }) => leftOut), ...apart, ...orphans, ...elsewhere(document)],
    notes: [
      ...notes,
      ...grouped(wanted),
      ...((choices.throttle ?? budget)
        ? []
        : [
            'the manifest does not state a limit that can be read: the config allows one hit per minute; --throttle 10/1s says otherwise',
          ]),
    ],
  };
}

interface StreamNamed extends StreamRead {
  readonly written: string | null;
}

/** Those that are named, by the name of the resource or as the manifest has it, in the order of the manifest. */
function streamsNamed(streams: readonly StreamNamed[], names: readonly string[]): readonly StreamNamed[] {
  const what = { source: 'manifest', item: 'stream' };
  const found = new Set(names.map((name) => itemNamed(streams, name, ({ written }) => [written], what)));
  return streams.filter((stream) => found.has(stream));
}

/** What is so of several streams is said once. */
function grouped(streams: readonly StreamRead[]): readonly string[] {
  const named = streams.flatMap(({ name, notes }) => notes.map((note) => ({ name, note })));
  return [...Map.groupBy(named, ({ note }) => note)].map(
    ([note, of]) => `${of.map(({ name }) => name).join(', ')}: ${note}`,
  );
}

function nameOf(manifest: Manifest, connector: string | null): string {
  if (connector !== null) return resourceName(connector);
  const bases = manifest.streams().map((stream) => {
    const requester = manifest.part(manifest.part(stream, 'retriever'), 'requester');
    return textOf(manifest.value(requester, 'url_base')) ?? textOf(manifest.value(requester, 'url')) ?? '';
  });
  const url = bases.map((base) => URL.parse(base.replace(/\{\{.*?\}\}/gs, 'x'))).find((found) => found !== null);
  return url ? adapterName(url) : 'api';
}

/** The defaults that the form of the connector has. */
function defaultsOf(document: Members): Members {
  const properties = membersOf(membersOf(membersOf(document.spec).connection_specification).properties);
  const named = Object.entries(properties).flatMap(([name, property]) => {
    const value = membersOf(property).default;
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(named);
}

/** An adapter has one base URL: the one that most streams have. */
function commonBase(streams: readonly StreamRead[]): string {
  const counts = Map.groupBy(streams, ({ base }) => base);
  const [most] = [...counts].toSorted(([, a], [, b]) => b.length - a.length);
  return most?.[0] ?? '';
}

interface Split {
  readonly together: readonly StreamRead[];
  readonly apart: readonly LeftOut[];
}

function split(streams: readonly StreamRead[], base: string): Split {
  const together = streams.filter((stream) => stream.base === base);
  const others = streams.filter((stream) => stream.base !== base);
  return {
    together,
    apart: others.map(({ name, base: own }) => ({
      what: name,
      why: `it is at ${own}, and the adapter at ${base}: it needs an adapter of its own`,
    })),
  };
}

/** A stream is asked for with the keys of another one only where that is in the config as well. */
function withParents(streams: readonly StreamRead[]): { together: readonly StreamRead[]; orphans: readonly LeftOut[] } {
  const names = new Set(streams.map(({ name }) => name));
  const lacksParent = ({ resource }: StreamRead) => resource?.of !== undefined && !names.has(resource.of);
  const lacking = streams.filter(lacksParent);
  if (lacking.length === 0) return { together: streams, orphans: [] };
  const rest = withParents(streams.filter((stream) => !lacksParent(stream)));
  const orphans = lacking.map(({ name, resource }) => {
    return { what: name, why: `it is asked for with the records of ${resource?.of}, which the config does not have` };
  });
  return { together: rest.together, orphans: [...orphans, ...rest.orphans] };
}

/** Parts of a manifest that are not streams. */
function elsewhere(document: Members): readonly LeftOut[] {
  const dynamic = listOf(document.dynamic_streams).map(membersOf);
  const text = JSON.stringify(document);
  return [
    ...dynamic.map(({ name }) => ({
      what: textOf(name) ?? 'dynamic streams',
      why: 'streams that the connector makes while it runs have no counterpart',
    })),
    ...(/"error_handler":/.test(text)
      ? [{ what: 'error handlers', why: 'cronsync has its own: it makes no second hit, and 429 and 5xx begin a pause' }]
      : []),
  ];
}

/** `api_budget`: the rates of its policies. Null if any of them cannot be read: the others alone would be too loose. */
function throttleOf(manifest: Manifest): ThrottleDraft | null {
  const budget = membersOf(manifest.resolve(manifest.root.api_budget));
  const limits = listOf(manifest.resolve(budget.policies)).flatMap((policy) => limitsOf(manifest, policy));
  return limits.every(isLimit) ? windowsOf(limits) : null;
}

/** The limits that a policy states. What cannot be read is a limit of no hits. */
function limitsOf(manifest: Manifest, policy: unknown): readonly StatedLimit[] {
  const { type, rates, call_limit, period } = membersOf(manifest.resolve(policy));
  if (type === 'UnlimitedCallRatePolicy') return [];
  const stated = listOf(manifest.resolve(rates)).map((rate) => membersOf(manifest.resolve(rate)));
  const written = stated.length > 0 ? stated : [{ limit: call_limit, interval: period }];
  return written.map(({ limit, interval }) => ({ hits: Number(limit), seconds: isoSeconds(interval) ?? 0 }));
}
