import { describe, expect, test } from 'vitest';
import { ConfigError, UnreachableError } from '../../../src/errors.ts';
import { isLost } from '../../../src/targets/postgres/connection/errors.ts';
import { translate } from '../../../src/targets/postgres/connection/translate.ts';

function failure(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('an error of the connection', () => {
  test.each([
    ['timeout expired', undefined],
    ['Query read timeout', undefined],
    ['Connection terminated unexpectedly', undefined],
    ['read ECONNRESET', 'ECONNRESET'],
    ['getaddrinfo EAI_AGAIN db.example', 'EAI_AGAIN'],
    ['Cannot call write after a stream was destroyed', 'ERR_STREAM_DESTROYED'],
    ['write after end', 'ERR_STREAM_WRITE_AFTER_END'],
    ['Socket closed before the connection was established', 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION'],
    ['Socket is closed', 'ERR_SOCKET_CLOSED'],
  ])('that may pass is tried again, and reported as a server that cannot be reached: %s', (message, code) => {
    const error = failure(message, code);
    expect(isLost(error)).toBe(true);
    expect(translate(error, 'postgres:h')).toBeInstanceOf(UnreachableError);
    expect(translate(error, 'postgres:h')).toMatchObject({ message: expect.stringContaining('cannot be reached') });
  });

  test.each([
    ['getaddrinfo ENOTFOUND db.example', 'ENOTFOUND'],
    ['getaddrinfo EAI_FAIL db.example', 'EAI_FAIL'],
  ])('that will not pass by itself is reported at once: %s', (message, code) => {
    const error = failure(message, code);
    expect(isLost(error)).toBe(false);
    expect(translate(error, 'postgres:h')).toBeInstanceOf(UnreachableError);
  });

  test.each([
    ['unable to verify the first certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['unable to get local issuer certificate', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
    ['self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['certificate has expired', 'CERT_HAS_EXPIRED'],
    ['invalid CA certificate', 'INVALID_CA'],
    ["Hostname/IP does not match certificate's altnames", 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['write EPROTO 0:error:SSL routines:tlsv1 alert unknown ca', 'EPROTO'],
    ['The server does not support SSL connections', undefined],
  ])('about TLS is a matter of the config: %s', (message, code) => {
    const translated = translate(failure(message, code), 'postgres:h');
    expect(translated).toBeInstanceOf(ConfigError);
    expect(translated).toMatchObject({ message: expect.stringContaining('do not agree on TLS') });
  });

  test('about a password that is missing is a matter of the config', () => {
    const translated = translate(
      failure('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string'),
      'postgres:h',
    );
    expect(translated).toBeInstanceOf(ConfigError);
    expect(translated).toMatchObject({ hint: expect.stringContaining('password') });
  });
});

test('what a trigger of the system raises is not a lost connection, whatever its words', () => {
  expect(isLost(failure('timeout expired', 'P0001'))).toBe(false);
});

test('an error that is not from Postgres is returned as it is', () => {
  const bug = failure('The "chunk" argument must be of type string', 'ERR_INVALID_ARG_TYPE');
  expect(translate(bug, 'postgres:h')).toBe(bug);
});
