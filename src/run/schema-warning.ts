import { describeChanges, type SchemaChange } from '../field-paths.ts';
import type { Pass } from '../pass/pass.ts';

/** What a run says of the changes in the shape of the records that its pass has found; null if there is nothing to say. */
export function schemaWarning(pass: Pass): string | null {
  const changes = pass.schemaChanges.filter((change) => !isReported(change, pass));
  if (changes.length === 0) return null;
  const { resource } = pass.resource.table;
  return `the records of ${resource} look different: ${describeChanges(changes)}; "cronsync status --json" keeps the last changes`;
}

/** Of a field that is gone and that the map uses, the watch over the map has said that its column found nothing. */
function isReported({ path, is }: SchemaChange, { resource, checkpoint }: Pass): boolean {
  const found = checkpoint?.progress.fields?.ever;
  if (!found || (is !== 'gone' && is !== 'always-null')) return false;
  return (resource.readersOf?.(path) ?? []).some((column) => !found.includes(column));
}
