import type { Checkpoint } from '../../checkpoint.ts';
import type { Config } from '../../config/schema/schema.ts';
import { schemaFacts } from '../../field-paths.ts';
import type { StoredPass } from '../../target.ts';
import { unmetFacts } from '../../verdict/expectations.ts';
import type { LostField, ResourceFacts } from '../../verdict/facts.ts';

/** Why the rows of a resource may not be what the third party has, as far as its last complete pass shows. */
export function doubtsOf(
  resource: string,
  stored: StoredPass | null,
  config: Config,
): Pick<ResourceFacts, 'lost' | 'unmet' | 'schema'> {
  const checkpoint = stored?.checkpoint ?? null;
  const expectations = config.resources[resource]?.expect ?? {};
  return {
    lost: checkpoint ? lostFields(resource, checkpoint, config) : [],
    unmet: unmetFacts(resource, checkpoint, expectations, new Date()),
    schema: schemaFacts(stored?.paths ?? null),
  };
}

function lostFields(
  resource: string,
  { lostFields: lost = [] }: Checkpoint,
  { adapters, adapter }: Config,
): LostField[] {
  const { map = {} } = adapters[adapter]?.resources[resource] ?? {};
  return lost.map(({ column, at, records }) => {
    const sentence = `\`${map[column] ?? column}\`, which fills ${column}, was in none of ${records} records`;
    return { column, at, wasFound: true, sentence };
  });
}
