import type { AdapterConfig } from '../../config/schema/schema.ts';
import { openTransform } from '../open/open-transform.ts';
import { type Finding, findingsOr, good } from './finding.ts';

/** Loads each transform of the selected adapter, as a run would. */
export async function* checkTransforms({ resources }: AdapterConfig, dir: string): AsyncGenerator<Finding> {
  for (const [resource, { transform }] of Object.entries(resources)) {
    if (transform === undefined) continue;
    const what = `transform ${resource}`;
    yield* await findingsOr(what, async () => {
      await openTransform(transform, dir);
      return [good(what, transform)];
    });
  }
}
