import * as v from 'valibot';
import { compileDatePattern } from '../../date-pattern.ts';
import { closed, named } from './objects.ts';
import { fieldName, flag, text } from './scalars.ts';

const formatMessage =
  '"unix", "unix-ms", or "date:" with YYYY, MM or M, DD or D, and perhaps HH, mm and ss, such as "date:DD.MM.YYYY"';

const format = v.pipe(
  v.string(formatMessage),
  v.check(isFormat, formatMessage),
  v.description(
    'How the third party writes a date or a time: "unix" and "unix-ms" are seconds and milliseconds since 1970, "date:DD.MM.YYYY" is a pattern. A value that is not written so rejects its record.',
  ),
);

const source = v.pipe(
  v.union(
    [
      text('JMESPath into the record.'),
      closed({
        from: text('JMESPath into the record.'),
        format: v.exactOptional(format),
        emptyIsNull: v.exactOptional(flag('Whether an empty text is null. Default: the one of the resource.')),
      }),
    ],
    'a JMESPath or {"from": "…", "format": "…"}',
  ),
);

/** What becomes of a third party's record: the options that every adapter has for it. */
export const mapping = {
  map: v.exactOptional(
    v.pipe(
      named(fieldName, source),
      v.description(
        'Where each field of the resource is: a JMESPath expression, or an object that also says how the value is written. Default: the record as it is.',
      ),
    ),
  ),
  emptyIsNull: v.exactOptional(flag('Whether an empty text is null, in every field. Default: false.')),
  transform: v.exactOptional(
    text(
      'A module that changes each record before it is mapped: a path, or the name of a package. Its default export takes a record and returns one.',
    ),
  ),
};

function isFormat(written: string): boolean {
  if (written === 'unix' || written === 'unix-ms') return true;
  return written.startsWith('date:') && compileDatePattern(written.slice('date:'.length)) !== undefined;
}
