import type { Child } from 'hono/jsx';
import type { StoredPermit } from '../../permit.ts';
import type { ResourceTable } from '../../table.ts';
import { ago, lasting } from '../../verdict/words.ts';
import { type HeldSample, heldText } from '../read/held-sample.ts';
import { recordPath } from '../read/links.ts';
import { Notice } from './notice.tsx';
import { Table } from './table.tsx';
import { Foreign } from './text.tsx';

/** What the guard holds back, with some of the records, and the way to approve it. */
export function HeldNotice({
  held,
  table,
  permit,
  approve,
  now,
}: {
  readonly held: HeldSample;
  readonly table: ResourceTable;
  readonly permit: StoredPermit | undefined;
  /** The address of the form; null for whoever may not act. */
  readonly approve: string | null;
  readonly now: Date;
}): Child {
  return (
    <>
      <Notice title={`${heldText(held)} of ${held.resource} are held back`}>
        <p>
          <Foreign text={held.because} limit={400} />. Held{lasting(held.at, now)}, by pass {held.pass}.
        </p>
        {permit ? (
          <p>
            Approved by <Foreign text={permit.who} limit={80} /> {ago(permit.at, now)}: the next run carries it out.
          </p>
        ) : null}
        {!permit && approve !== null ? (
          <p>
            <a class="button" href={approve}>
              Approve…
            </a>
          </p>
        ) : null}
      </Notice>
      <details>
        <summary>
          {held.records.length < held.count ? `The first ${held.records.length} of the records` : 'The records'}
        </summary>
        <HeldRecords held={held} table={table} />
      </details>
    </>
  );
}

/** Some of the records that are held, with what is in their rows. */
export function HeldRecords({ held, table }: { readonly held: HeldSample; readonly table: ResourceTable }): Child {
  return (
    <Table
      caption={held.what === 'deletes' ? 'Rows that would be deleted' : 'Rows whose values would change'}
      columns={['Key', 'Its row now']}
      rows={held.records.map(({ key, row }, at) => ({
        key: `held-${at}`,
        cells: [
          <a href={recordPath(held.resource, key)}>
            <Foreign text={key} limit={120} />
          </a>,
          row === null ? (
            'missing'
          ) : (
            <Foreign
              text={table.mapped.map(({ name }, column) => `${name}: ${row[column] ?? 'null'}`).join(', ')}
              limit={240}
            />
          ),
        ],
      }))}
    />
  );
}
