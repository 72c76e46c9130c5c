import { noProgress, type PassProgress } from '../../src/checkpoint.ts';
import type { Guard } from '../../src/pass/guard.ts';
import type { SnapshotCheckpoint } from '../../src/pass/transitions.ts';

/** A checkpoint in the middle of its pass. */
export function aCheckpoint(changes: Partial<SnapshotCheckpoint> = {}): SnapshotCheckpoint {
  return {
    pass: 1,
    mode: 'snapshot',
    phase: 'walking',
    shape: 'shape',
    isRemap: false,
    cursor: null,
    bookmark: null,
    nextBookmark: null,
    validators: null,
    fullAt: null,
    tombstones: [],
    progress: noProgress,
    startedAt: 1000,
    completedAt: null,
    triedAt: 1000,
    failures: 0,
    backOff: null,
    moved: {},
    held: null,
    permission: null,
    heldEmptied: null,
    heldUpdates: null,
    emptiedPermission: null,
    incomplete: null,
    deletions: [],
    emptiedCounts: [],
    missing: 0,
    sweptTo: 0,
    home: [],
    nextHome: [],
    hadGuests: false,
    ...changes,
  };
}

export function progressed(changes: Partial<PassProgress> = {}): PassProgress {
  return { ...noProgress, pages: 1, records: 100, ...changes };
}

/** The guard as the config has it by default. */
export const aGuard: Guard = {
  maxDeletes: { ratio: 0.2 },
  maxEmptied: { ratio: 0.2 },
  windowMs: 86_400_000,
  confirm: 'auto',
};
