import { createHmac } from 'node:crypto';

/** A secret of Standard Webhooks as bytes: base64, with or without `whsec_` before it. */
export function signingKey(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

export interface SignedMessage {
  /** The same on every attempt; without full stops, which separate the parts of what is signed. */
  readonly id: string;
  /** Seconds since the epoch, of this attempt. */
  readonly timestamp: number;
  readonly body: string;
}

/** The value of `webhook-signature` (Standard Webhooks 1.0.0): one signature for each key, so that secrets can be rotated. */
export function signaturesOf({ id, timestamp, body }: SignedMessage, keys: readonly Buffer[]): string {
  const content = `${id}.${timestamp}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`).join(' ');
}
