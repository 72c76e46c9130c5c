import type { Child } from 'hono/jsx';

/** Names and values below each other. What is null is left out. */
export function FactsList({ facts }: { readonly facts: readonly (readonly [name: string, value: Child] | null)[] }) {
  return (
    <dl class="facts">
      {facts.flatMap((fact) =>
        fact === null
          ? []
          : [
              <div>
                <dt>{fact[0]}</dt>
                <dd>{fact[1]}</dd>
              </div>,
            ],
      )}
    </dl>
  );
}
