import { afterEach, beforeEach } from 'vitest';
import { aThirdParty, type ThirdParty } from './third-party.ts';

/**
 * A third party of its own for each test of the file that imports it. It also serves as a receiver of webhooks. Not for the
 * project `fast`, whose files share a worker.
 */
export let party: ThirdParty;

beforeEach(async () => {
  party = await aThirdParty();
});
afterEach(() => party.close());
