/** How long a screen waits for a store. */
export const patienceMs = 2000;

/** A store that has not answered in time. */
export class LateError extends Error {}

/** Waits for an answer, but not for long: a page that hangs says less than one that says what it waits for. */
export async function within<T>(answer: Promise<T>, ms = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(`there was no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
