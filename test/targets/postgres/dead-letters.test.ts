import type { DeadLetters } from '../../../src/listener.ts';
import { openPostgresDeadLetters } from '../../../src/targets/postgres/state/dead-letters.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { deadLettersContract } from '../../contracts/dead-letters.ts';
import { aPostgres } from '../../helpers/postgres.ts';

deadLettersContract('Postgres', async () => {
  const { url, ...database } = await aPostgres();
  const opened: (DeadLetters & AsyncDisposable)[] = [];
  return {
    async another(name = 'crm') {
      const timings = { ...defaultTimings, targetBusyMs: 2000, targetBusyStepMs: 5 };
      const dead = openPostgresDeadLetters({ url, schema: 'public', name, timings });
      opened.push(dead);
      return dead;
    },
    async close() {
      for (const dead of opened) await dead[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
});
