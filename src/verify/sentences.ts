import type { DriftCounts } from '../drift.ts';
import type { ResourceTable } from '../table.ts';
import { differingIn } from './findings.ts';

type Named = Pick<ResourceTable, 'resource' | 'table'>;

/** What was found, without a full stop. */
export function driftSentence({ resource, table }: Named, counts: DriftCounts): string {
  const { missing, changed, marked, compared } = counts;
  const parts = [
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(marked > 0 ? [`${marked} marked as deleted`] : []),
  ];
  const differing = differingIn(counts);
  return (
    `somebody else has changed rows of ${resource} in the table ${table}: of ${compared} that were looked up, ` +
    `${differing} ${differing === 1 ? 'differs' : 'differ'} from what was written (${parts.join(', ')})`
  );
}

export function repairAdvice({ resource }: Named): string {
  return `"cronsync verify --resource ${resource} --repair" makes the next pass write them again`;
}
