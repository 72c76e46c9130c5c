import { Table } from './table.tsx';
import { Foreign } from './text.tsx';
import { Ago } from './time.tsx';

/** One change of what the third party's records look like, as it is stored with the checkpoint. */
interface StoredChange {
  readonly path: string;
  readonly is: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly at: number;
  readonly pass: number;
}

const words: Readonly<Record<string, string>> = {
  new: 'new',
  gone: 'gone',
  'always-null': 'always null now',
  'other-type': 'of another type',
};

/** How the third party's records have changed their shape, newest first. `paths` is the JSON that is stored. */
export function SchemaChanges({ paths, now }: { readonly paths: string | null; readonly now: Date }) {
  const changes = changesIn(paths);
  if (changes.length === 0) return null;
  return (
    <Table
      caption="What changed in the third party's records"
      columns={['Field', 'Is', 'Types', 'Found']}
      rows={changes.map(({ path, is, from, to, at, pass }) => ({
        key: `path-${pass}-${path}-${is}`,
        cells: [
          <Foreign text={path} limit={160} />,
          words[is] ?? is,
          [from.join(' or '), to.join(' or ')].filter((types) => types !== '').join(' → '),
          <Ago at={at} now={now} />,
        ],
      }))}
    />
  );
}

function changesIn(paths: string | null): readonly StoredChange[] {
  const stored: { readonly changes?: readonly StoredChange[] } = paths === null ? {} : JSON.parse(paths);
  return stored.changes ?? [];
}
