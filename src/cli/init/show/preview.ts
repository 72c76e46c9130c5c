import { isRejected } from '../../../record.ts';
import type { Setting } from '../../open/app.ts';
import { compileResources } from '../../open/compile-resources.ts';
import { many } from '../../output/numbers.ts';
import { printChange } from '../../output/plan.ts';

const shown = 3;

/** Shows the first records of a page as the table would have them, and how many records of the page do not fit. */
export async function printPreview(setting: Setting, resource: string, records: readonly unknown[]): Promise<void> {
  const { terminal } = setting;
  const [compiled] = await compileResources(setting, [resource]);
  if (!compiled) return;
  const prepared = records.map(compiled.prepare);
  const rejected = prepared.filter(isRejected);
  terminal.print(
    `${terminal.out.bold(compiled.table.table)}  ${many(records.length, 'record')} on this page; as they would be stored:`,
  );
  for (const record of prepared.filter((one) => !isRejected(one)).slice(0, shown)) {
    if (isRejected(record)) continue;
    printChange({ type: 'created', key: record.key, after: record.values }, compiled.table.mapped, terminal);
  }
  const [first] = rejected;
  if (first)
    terminal.print(
      terminal.out.yellow(`  ${many(rejected.length, 'record')} would be rejected: ${first.reasons.join('; ')}`),
    );
}
