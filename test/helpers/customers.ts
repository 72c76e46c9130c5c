/** A customer as the third party serves it; the project's config maps it to a `Customer`. */
export interface RemoteCustomer {
  readonly id: string;
  readonly contact: { readonly email: string };
  readonly status: string;
  readonly labels: readonly { readonly name: string }[];
}

/** A customer as the system keeps it. */
export interface Customer {
  readonly id: string;
  readonly email: string;
  readonly state: string;
  readonly tags: readonly string[];
}

/** So many customers of the third party, with ids from `from` on. */
export function customers(count: number, from = 1): RemoteCustomer[] {
  return Array.from({ length: count }, (_, at) => aCustomer(from + at));
}

export function aCustomer(id: number, changed: Partial<RemoteCustomer> = {}): RemoteCustomer {
  const email = `person${id}@example.com`;
  return { id: String(id), contact: { email }, status: 'active', labels: [{ name: `label${id % 3}` }], ...changed };
}
