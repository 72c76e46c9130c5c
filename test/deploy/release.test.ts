import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { releaseNotes } from '../../scripts/release-notes.ts';

const workflow = readFileSync('.github/workflows/release.yml', 'utf8');

describe('the workflow of a release', () => {
  const { jobs } = load(workflow) as { jobs: Record<string, Job> };

  test('names each action by its commit', () => {
    const actions = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    expect(actions.length).toBeGreaterThan(4);
    for (const action of actions) expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
  });

  test('gives the right to publish to one job, which runs nothing of this repository', () => {
    const mayPublish = Object.entries(jobs).filter(([, { permissions }]) => permissions['id-token'] === 'write');
    expect(mayPublish.map(([name]) => name)).toEqual(['publish']);
    const { steps, permissions } = jobs.publish as Job;
    expect(permissions).toEqual({ 'id-token': 'write' });
    expect(steps.flatMap(({ uses }) => uses?.split('@')[0] ?? [])).not.toContain('actions/checkout');
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual([expect.stringContaining('--ignore-scripts --provenance')]);
  });

  test('publishes with the Node.js that the tests run on', () => {
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    const versions = jobs.publish?.steps.flatMap(({ with: settings }) => settings?.['node-version'] ?? []);
    expect(versions).toEqual([devDependencies.node]);
  });
});

interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly steps: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, string>>;
  }[];
}

describe('the notes of a release', () => {
  const changelog = '# Changelog\n\n## 1.1.0\n\n- One more thing.\n\n## 1.0.0 (2026-12-01)\n\n- A thing.\n';

  test.each([
    ['1.1.0', '- One more thing.\n'],
    ['1.0.0', '- A thing.\n'],
  ])('are what the changelog says of %s', (version, notes) => {
    expect(releaseNotes({ tag: `v${version}`, version, changelog })).toBe(notes);
  });

  test('are refused where the tag is not the version of the package', () => {
    expect(() => releaseNotes({ tag: 'v1.1.0', version: '1.0.0', changelog })).toThrow('has the version 1.0.0');
  });

  test('are refused where the changelog has nothing of the version', () => {
    expect(() => releaseNotes({ tag: 'v1.2.0', version: '1.2.0', changelog })).toThrow('nothing under "## 1.2.0"');
    const empty = '# Changelog\n\n## 1.2.0\n\n## 1.1.0\n\n- One more thing.\n';
    expect(() => releaseNotes({ tag: 'v1.2.0', version: '1.2.0', changelog: empty })).toThrow('nothing under');
  });
});
