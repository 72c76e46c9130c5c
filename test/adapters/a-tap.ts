import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TakenSlot } from '../../src/adapter.ts';
import type { SingerOptions } from '../../src/adapters/singer/options.ts';
import { createSingerAdapter } from '../../src/adapters/singer/singer.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { openTestContext } from '../../src/testing.ts';

/** The messages of a stream of people. */
export const schema = (stream = 'people', more: object = {}) => ({
  type: 'SCHEMA',
  stream,
  schema: {},
  key_properties: ['id'],
  ...more,
});
export const record = (id: number, more: object = {}) => ({
  type: 'RECORD',
  stream: 'people',
  record: { id },
  ...more,
});

export interface TapParts extends Partial<SingerOptions> {
  readonly timeoutMs?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** A tap that is a script of Node's in this folder: what it runs, after `say(...messages)` is defined. */
export async function aTapIn(
  folder: string,
  script: string,
  { timeoutMs = 20_000, log = silentLog, signal, ...options }: TapParts = {},
) {
  const file = join(folder, 'tap.mjs');
  writeFileSync(
    file,
    `const say = (...messages) => { for (const message of messages) process.stdout.write((typeof message === 'string' ? message : JSON.stringify(message)) + '\\n'); };\n${script}`,
  );
  const surroundings = { dir: folder, env: process.env, timeoutMs, maxMessageBytes: 1_000_000 };
  const command = [process.execPath, file];
  const adapter = await createSingerAdapter(
    { command, resources: { people: { stream: 'people' } }, ...options },
    surroundings,
  );
  const context = { ...openTestContext('http://nowhere.invalid', signal), log };
  const slots: string[] = [];
  const { http } = context;
  const takeSlot = async (account: string): Promise<TakenSlot> => {
    const slot = await http.takeSlot?.(account);
    slots.push(`take ${account}`);
    return {
      settle: async () => {
        await slot?.settle();
        slots.push('settle');
      },
      cancel: async () => {
        await slot?.cancel();
        slots.push('cancel');
      },
    };
  };
  return { adapter, context: { ...context, http: { ...http, takeSlot } }, slots };
}

/** The script that says these messages. */
export const say = (...messages: (object | string)[]) => `say(...${JSON.stringify(messages)});`;
