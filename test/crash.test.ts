import { afterEach, expect, test, vi } from 'vitest';
import { crashPoint, isTestBuild } from '../src/crash.ts';

afterEach(() => vi.unstubAllEnvs());

test('a crash point does nothing outside the test build', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  vi.stubEnv('SYNC_CRASH_AT', 'after-lock');
  crashPoint('after-lock');
  expect(isTestBuild).toBe(false);
  expect(kill).not.toHaveBeenCalled();
  kill.mockRestore();
});
