import { isMembers, listOf, type Members, membersOf } from '../json-places.ts';

/** An OpenAPI 3 document. Its references lead into itself, and are followed where they are read: a schema may contain itself. */
export class Api {
  readonly root: Members;

  constructor(document: Members) {
    this.root = document;
  }

  /** What a node is, after its references. An unknown or circular one is empty. */
  resolve(node: unknown): Members {
    let found = membersOf(node);
    for (let steps = 0; typeof found.$ref === 'string' && steps < 20; steps += 1)
      found = membersOf(this.#at(found.$ref));
    return typeof found.$ref === 'string' ? {} : found;
  }

  #at(reference: string): unknown {
    if (!reference.startsWith('#/')) return undefined;
    const names = reference.slice(2).split('/').map(unescaped);
    return names.reduce<unknown>((node, name) => {
      if (Array.isArray(node)) return node[Number(name)];
      return isMembers(node) && Object.hasOwn(node, name) ? node[name] : undefined;
    }, this.root);
  }

  /** The parameters of an operation; those of its path count where it does not have its own. */
  parametersOf(item: Members, operation: Members): readonly Parameter[] {
    const named = new Map<string, Parameter>();
    for (const node of [...listOf(item.parameters), ...listOf(operation.parameters)]) {
      const { name, in: place, required, schema, description, example } = this.resolve(node);
      if (typeof name !== 'string' || typeof place !== 'string') continue;
      const read = { name, place, isRequired: required === true || place === 'path', schema: this.resolve(schema) };
      named.set(`${place} ${name}`, {
        ...read,
        description: typeof description === 'string' ? description : '',
        example,
      });
    }
    return [...named.values()];
  }
}

/** One parameter of an operation. */
export interface Parameter {
  readonly name: string;
  /** `query`, `path`, `header` or `cookie`; `body` for a member of a JSON body. */
  readonly place: string;
  readonly isRequired: boolean;
  readonly schema: Members;
  readonly description: string;
  readonly example: unknown;
}

/** A segment of a JSON pointer (RFC 6901). In a fragment it may be percent-encoded. */
function unescaped(segment: string): string {
  const plain = segment.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
