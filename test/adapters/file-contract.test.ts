import { gzipSync } from 'node:zlib';
import { createFileAdapter } from '../../src/adapters/file/file.ts';
import type { FileFormat } from '../../src/adapters/file/options.ts';
import { testAdapter } from '../contracts/adapter.ts';

type People = readonly { readonly id?: string; readonly name?: string }[];

const quoted = (text = '') => `"${text.replaceAll('"', '""')}"`;
const bodies: Readonly<Record<FileFormat, (records: People) => string>> = {
  json: (records) => JSON.stringify(records),
  ndjson: (records) => records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  csv: (records) => `id,name\r\n${records.map(({ id, name }) => `${quoted(id)},${quoted(name)}\r\n`).join('')}`,
};
const cutBodies: Readonly<Record<FileFormat, string>> = {
  json: '[{"id": "1", "name": "Zoe"}, {"id": "2", "name": "Zo"}',
  ndjson: '{"id": "1", "name": "Zoe"}\n{"id": "2", "na',
  csv: 'id,name\n1,Zoe\n2,"Zo',
};

for (const format of Object.keys(bodies) as FileFormat[]) {
  const subject = {
    create: (url: string) => createFileAdapter({ resources: { people: { url: `${url}/export`, format } } }),
    hits: 1,
    cutBody: cutBodies[format],
  };
  testAdapter(`file of ${format}`, { ...subject, serve: (_hit, { records }) => ({ body: bodies[format](records) }) });
  testAdapter(`file of ${format}, gzip`, {
    ...subject,
    serve: (_hit, { records }) => ({ body: gzipSync(bodies[format](records)) }),
  });
}
