import type { Target } from '../../target.ts';

/** What a target writes beside batches and removals. */
export type Bookkeeping = Pick<
  Target,
  'save' | 'dropDeferred' | 'forget' | 'saveDrift' | 'saveGroups' | 'purgeOutbox' | 'announce' | 'rebase' | 'fenceOut'
>;
