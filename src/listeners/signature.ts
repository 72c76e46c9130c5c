import { createHmac } from 'node:crypto';

/** The bytes of a Standard Webhooks secret: base64, with or without the prefix `whsec_`. */
export function signingKey(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

export interface SignedMessage {
  /** The same on every attempt. It has no full stop, since full stops separate the parts of what is signed. */
  readonly id: string;
  /** The time of this attempt, in seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** The value of `webhook-signature` (Standard Webhooks 1.0.0). It has one signature per key, so that secrets can be rotated. */
export function signaturesOf({ id, timestamp, body }: SignedMessage, keys: readonly Buffer[]): string {
  const content = `${id}.${timestamp}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`).join(' ');
}
