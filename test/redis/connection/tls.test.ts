import { expect, onTestFinished, test } from 'vitest';
import { UnreachableError } from '../../../src/errors.ts';
import type { RedisPlace } from '../../../src/redis/connection/place.ts';
import { aCluster } from '../../helpers/cluster.ts';
import { failureOf, openAt } from '../../helpers/open-at.ts';
import { aRedis } from '../../helpers/redis.ts';
import { aSentinel } from '../../helpers/sentinel.ts';
import { certificate } from '../../helpers/tls.ts';

const increment = { lua: `return redis.call('INCR', KEYS[1])`, guarantee: 'it is as it was' };
/** The certificate is for this name; the nodes call each other by addresses. */
const servername = 'localhost';

/** Starts a Redis of each shape that demands TLS and a certificate of every client. */
const shapes: Readonly<Record<string, () => Promise<RedisPlace>>> = {
  async single() {
    const server = await aRedis({ tls: true });
    onTestFinished(() => server.stop());
    return { url: server.url.replace('localhost', '127.0.0.1') };
  },
  async sentinel() {
    const server = await aRedis({ tls: true });
    onTestFinished(() => server.stop());
    const sentinel = await aSentinel([`sentinel monitor mymaster 127.0.0.1 ${server.port} 1`], { tls: true });
    onTestFinished(() => sentinel[Symbol.asyncDispose]());
    return { sentinels: [`127.0.0.1:${sentinel.port}`], name: 'mymaster' };
  },
  async cluster() {
    const { place, [Symbol.asyncDispose]: stop } = await aCluster({ masters: 1, replicas: 0, tls: true });
    onTestFinished(() => stop());
    return place;
  },
};

test.each(Object.entries(shapes))(
  '%s: our certificate and its authority are used, and the name is checked',
  async (_, start) => {
    const place = await start();
    const at = (tls: object) => openAt({ ...place, tls });

    const connection = await at({ ...certificate, servername });
    expect(await connection.run(increment, ['n'], [])).toBe(1);
    expect(await failureOf(at(certificate))).toMatchObject({
      message: expect.stringContaining("does not match certificate's altnames"),
      hint: expect.stringContaining('redis.tls'),
    });
    expect(await failureOf(at({ ...certificate, servername, ca: undefined }))).toMatchObject({
      message: expect.stringContaining('self-signed certificate'),
      hint: expect.stringContaining('redis.tls'),
    });
    expect(await failureOf(at({ ca: certificate.ca, servername }))).toBeInstanceOf(UnreachableError);
    expect(await connection.run(increment, ['n'], [])).toBe(2);
  },
);
