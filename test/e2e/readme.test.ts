import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openStage } from '../../scripts/stage.ts';
import { editionsOf } from '../../scripts/third-parties.ts';
import { ExitCode } from '../../src/errors.ts';
import { startSync } from '../helpers/child.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function section(page: string, heading: string): string {
  const [, text = ''] = read(page).split(`\n${heading}\n`);
  return text.split(/^#/m)[0] ?? '';
}

function codeIn(text: string, language: string): string {
  const [, code = ''] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  return code;
}

test('the session that the README shows is what the commands print', async () => {
  const session = codeIn(read('README.md'), 'console');
  expect(session).toBe(read('docs/session.txt'));

  const recorded = execFileSync(process.execPath, [join(root, 'scripts/record-session.ts'), '--print'], {
    encoding: 'utf8',
  });
  expect(withoutTimes(recorded)).toBe(withoutTimes(session));
});

function withoutTimes(session: string): string {
  return session.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/\(\d+m?s\)/g, '(TIME)');
}

test('the config that the page on adapters explains is the example, without its second third party', () => {
  const { adapters, ...example } = JSON.parse(read('sync.config.example.json'));
  const shown = JSON.parse(codeIn(section('docs/adapters.md', '## The config in two parts'), 'json'));
  expect(shown).toEqual({ ...example, adapters: { atlas: adapters.atlas } });
});

test('the event that the page on listeners shows is what an update says', async () => {
  const shown = JSON.parse(codeIn(section('docs/listeners.md', '## The events'), 'json'));
  const { first, next } = editionsOf('NO');
  const isShown = ({ cityId }: { readonly cityId: number }) => `${cityId}` === shown.subject;

  await using stage = await openStage(100, new AbortController().signal);
  stage.atlas.publish(first.filter(isShown));
  await stage.sync([], 'keep');
  stage.atlas.publish(next.filter(isShown));
  await stage.sync([], 'keep');
  const { output } = await stage.sync(['events', '--json', '--type', 'cities.updated'], 'keep');

  const { id, time, sequence, ...printed } = JSON.parse(output);
  expect(shown).toEqual({
    ...printed,
    id: expect.any(String),
    syncrun: expect.any(String),
    time: expect.any(String),
    sequence: expect.any(String),
  });
  expect(shown.id).toMatch(/^geo:\d{13}-543$/);
  expect(id).toMatch(/^geo:\d{13}-2$/);
  expect([time, sequence].map((text) => text.length)).toEqual([shown.time.length, shown.sequence.length]);
});

test('every command that the page on operations names is there, with its options', async () => {
  const named = section('docs/operations.md', '## The commands').matchAll(/`((?:cronsync|--)[^`]*)`/g);
  const names = [...named].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(15);
  const commands = [[], ['run'], ['events'], ['unlock'], ['verify'], ['approve'], ['pause'], ['status']];
  const everywhere = (await Promise.all(commands.map(helpOf))).join('');
  for (const name of names) {
    const words = name.split(' ').filter((word) => /^[a-z]+$/.test(word) && word !== 'cronsync');
    if (words.length > 0) expect(await helpOf(words)).toContain(`Usage: cronsync ${words.join(' ')}`);
    for (const flag of name.match(/--[a-z-]+/g) ?? []) expect(everywhere).toContain(flag);
  }
});

async function helpOf(words: readonly string[]): Promise<string> {
  const { stdout } = await startSync([...words, '--help'], { cwd: root, bundle: 'published' }).finished;
  return stdout;
}

test('the exit codes of the page on operations are those of the program', () => {
  const listed = [...section('docs/operations.md', '## Exit codes').matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(
    ([, codes = '']) => codes.split(', '),
  );
  expect(listed.map(Number).sort()).toEqual(Object.values(ExitCode).sort());
});
