import type { Parents } from '../../adapter.ts';
import type { TargetReader } from '../../target.ts';
import type { Resource } from '../resource.ts';

/** The live records of the resource that this one is `of`, in the order in which they came first: new ones are last. */
export function parentsOf({ parent }: Pick<Resource, 'parent'>, target: TargetReader): Parents | undefined {
  if (parent === undefined) return undefined;
  const { resource } = parent;
  return {
    fields: parent.key,
    async after(id) {
      const { ids } = await target.liveAfter(resource, id, 1);
      const [next] = ids;
      if (next === undefined) return null;
      const [found] = await target.rowsOf(parent, [next]);
      return found ? { id: next, key: found.key } : null;
    },
    count: () => target.countLive(resource),
  };
}
