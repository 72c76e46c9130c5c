// `npm run check`: types, lint and format, layers, language, dead code, all at the same time. Prints one line for each check
// that passes, and the output of the tool for each that fails.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { checkLanguage } from './language.ts';
import { checkLayers, type Outcome, type ToolOutcome } from './layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const checks: Readonly<Record<string, () => Promise<Outcome>>> = {
  types: () => tool('tsc', ['-p', '.']),
  'lint, format': () => tool('biome', ['check', '--error-on-warnings', '.']),
  layers: () => checkLayers(tool),
  language: () => checkLanguage(),
  'dead code': () => tool('knip', ['--no-progress']),
};

const results = await Promise.all(Object.entries(checks).map(([name, check]) => report(name, check)));
if (results.includes(false)) process.exitCode = 1;

async function report(name: string, check: () => Promise<Outcome>): Promise<boolean> {
  const startedAt = performance.now();
  const { passed, output } = await check();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(passed ? `✓ ${name} (${seconds} s)\n` : `✗ ${name}\n${output.trimEnd()}\n`);
  return passed;
}

function tool(name: string, args: readonly string[], cwd = root): Promise<ToolOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(`${root}node_modules/.bin/${name}`, args, { cwd });
    const chunks: Buffer[] = [];
    const printed: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      printed.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({
        passed: code === 0,
        output: Buffer.concat(chunks).toString(),
        stdout: Buffer.concat(printed).toString(),
      });
    });
  });
}
