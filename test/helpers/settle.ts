import { expect } from 'vitest';
import { eventually, type Project } from './sync.ts';

/** The third party changes no more, and Redis stays as it is: clean runs, until one finds nothing. */
export async function settle(project: Project): Promise<void> {
  await eventually(async () => (await project.redis.client.exists(project.lockKey)) === 0);
  const outcomes: string[] = [];
  while (outcomes.slice(-2).join() !== 'done,done') {
    expect(outcomes.length, `runs: ${outcomes}`).toBeLessThan(30);
    outcomes.push((await project.sync()).json().outcome);
  }
}
