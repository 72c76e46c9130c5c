import { isMembers, listOf, type Members, membersOf } from '../json-places.ts';

/**
 * A component of a low-code manifest, with the `$parameters` that reach it: those of the components around it, and its own. A
 * field that a component does not have is taken from them (Airbyte's "parameter propagation").
 */
export interface Component {
  readonly node: Members;
  readonly parameters: Members;
}

/** A manifest, whose references lead into itself: `$ref: "#/definitions/x"` with members beside it, or only the text. */
export class Manifest {
  readonly root: Members;

  constructor(document: Members) {
    this.root = document;
  }

  streams(): readonly Component[] {
    return listOf(this.root.streams).map((node) => this.#component(node, {}));
  }

  /** What a component has under this name. */
  part({ node, parameters }: Component, name: string): Component {
    return this.#component(node[name], parameters);
  }

  parts({ node, parameters }: Component, name: string): readonly Component[] {
    return listOf(node[name]).map((part) => this.#component(part, parameters));
  }

  /** A plain value: the component's own, or that of a parameter with this name. */
  value({ node, parameters }: Component, name: string): unknown {
    return this.resolve(node[name] ?? parameters[name]);
  }

  #component(node: unknown, outer: Members): Component {
    const found = membersOf(this.resolve(node));
    return { node: found, parameters: { ...outer, ...membersOf(found.$parameters) } };
  }

  /** Follows references. The members beside `$ref` win over those that it leads to. */
  resolve(node: unknown, seen: readonly string[] = []): unknown {
    if (typeof node === 'string' && node.startsWith('#/'))
      return seen.includes(node) ? {} : this.resolve(this.#at(node), [...seen, node]);
    if (!isMembers(node) || typeof node.$ref !== 'string') return node;
    const { $ref: reference, ...own } = node;
    const base = this.resolve(reference, seen);
    if (!isMembers(base)) return Object.keys(own).length === 0 ? base : own;
    const parameters = { ...membersOf(base.$parameters), ...membersOf(own.$parameters) };
    return { ...base, ...own, ...(Object.keys(parameters).length > 0 && { $parameters: parameters }) };
  }

  #at(reference: string): unknown {
    return reference
      .slice(2)
      .split('/')
      .reduce<unknown>((node, name) => {
        const found = this.resolve(node);
        if (Array.isArray(found)) return found[Number(name)];
        const members = membersOf(found);
        return Object.hasOwn(members, name) ? members[name] : undefined;
      }, this.root);
  }
}
