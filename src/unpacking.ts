import { ProtocolError } from './errors.ts';

/** No data of records packs better than this; what does is made to fill the memory of whoever unpacks it. */
const mostTimes = 200;

/** So many bytes are unpacked whatever they are packed in: a short file of one repeated value may pack very well. */
const unpackedFreely = 4_000_000;

/** Throws `ProtocolError` if what came is so much smaller than what it unpacks to that it can only be meant to do harm. */
export function refuseBomb(
  label: string,
  { packed, unpacked }: { readonly packed: number; readonly unpacked: number },
) {
  if (unpacked <= unpackedFreely || unpacked <= packed * mostTimes) return;
  throw new ProtocolError(
    `${label} unpacks to more than ${mostTimes} times its size, as a bomb does; nothing of this page is kept`,
    {
      hint: 'If the data is really like that, have it sent without compression: set the header "accept-encoding" to "identity".',
    },
  );
}
