import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode, StopError } from '../../errors.ts';
import type { Facts } from '../../verdict/facts.ts';
import { judge } from '../../verdict/judge.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import type { StoreAsker } from '../ask/ask-stores.ts';
import { forPeople } from '../output/printable.ts';
import type { StatusFlags } from '../program/flags.ts';
import { openScreen } from '../screen.ts';
import { isColoured, type Terminal } from '../terminal.ts';
import { changeOf } from './change.ts';
import { statusDocument } from './document.ts';
import { screenOf } from './screen.ts';

const everyMs = 2000;

/**
 * `cronsync status --watch`: redraws a terminal in place every two seconds, until `q`, Ctrl-C or a signal. Where stdout is not a
 * terminal, or with `--json`, it prints one line of JSON for each change.
 */
export async function watchStatus(
  asker: StoreAsker,
  flags: StatusFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const isDrawn = terminal.columns !== undefined && !terminal.isJson;
  return isDrawn ? drawAgain(asker, flags, terminal, signal) : printChanges(asker, terminal, signal);
}

async function printChanges(asker: StoreAsker, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  let before = '';
  while (!signal.aborted) {
    const facts = await asker.ask();
    const verdict = judge(facts);
    const change = changeOf(facts, verdict);
    if (change !== before) terminal.print(JSON.stringify(statusDocument(facts, verdict)));
    before = change;
    await pause(signal);
  }
  return codeOf(signal);
}

async function drawAgain(
  asker: StoreAsker,
  flags: StatusFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  let last: { readonly facts: Facts; readonly verdict: Verdict } | undefined;
  const draw = () => {
    if (last) screen.draw(screenOf(last.facts, last.verdict, flags, terminal));
  };
  const clean = (line: string) => forPeople(terminal.mask(line), { hasColours: isColoured(terminal.out) });
  using screen = openScreen(terminal.caller.terminal, clean, draw);
  const stop = AbortSignal.any([signal, screen.quit]);
  while (!stop.aborted) {
    const facts = await asker.ask();
    last = { facts, verdict: judge(facts) };
    if (!stop.aborted) draw();
    await pause(stop);
  }
  return codeOf(stop);
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(everyMs, undefined, { signal }).catch(() => {});
}

/** The end of a watch is what whoever watches wants: only Ctrl-C and SIGTERM have their own codes. */
function codeOf({ reason }: AbortSignal): ExitCode {
  return reason instanceof StopError ? reason.exitCode : ExitCode.ok;
}
