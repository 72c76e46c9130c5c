import { messageOf } from '../../errors.ts';
import { LateError } from '../read/within.ts';
import { Notice } from './notice.tsx';
import { Foreign } from './text.tsx';

/** What stands in the place of a screen whose store is away. */
export function Broken({ error }: { readonly error: unknown }) {
  if (error instanceof LateError) {
    return (
      <Notice tone="bad" title="The database does not answer">
        <p>
          It has not answered within two seconds. What is stored is not lost; this page tries again.{' '}
          <code>cronsync status</code> asks each store on its own.
        </p>
      </Notice>
    );
  }
  const hint = hintOf(error);
  return (
    <Notice tone="bad" title="This cannot be read now">
      <p>
        <Foreign text={messageOf(error)} limit={500} />
      </p>
      {hint === undefined ? null : (
        <p>
          <Foreign text={hint} limit={500} />
        </p>
      )}
    </Notice>
  );
}

export function NotFound() {
  return (
    <Notice title="There is no such page">
      <p>
        <a href="/">Go to the overview</a>
      </p>
    </Notice>
  );
}

function hintOf(error: unknown): string | undefined {
  return error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
}
