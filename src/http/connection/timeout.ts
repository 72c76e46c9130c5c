import { formatDuration } from '../../duration.ts';

/** Something took longer than it may. */
export class TimeoutError extends Error {
  constructor(afterMs: number, what = 'nothing arrived') {
    super(`${what} within ${formatDuration(afterMs)}`);
    this.name = 'TimeoutError';
  }
}
