// Cursors in the gateway's form (gateway/domain/cursors.py): a checksum and JSON, in base64 for URLs.
import { blake2b } from "@noble/hashes/blake2.js";

const CHECKSUM_BYTES = 6;

export function encodeCursor(order, values) {
  const payload = Buffer.from(JSON.stringify([order, ...values]));
  return Buffer.concat([blake2b(payload, { dkLen: CHECKSUM_BYTES }), payload]).toString("base64url");
}

export function decodeCursor(cursor, order) {
  const [madeFor, ...values] = JSON.parse(Buffer.from(cursor, "base64url").subarray(CHECKSUM_BYTES));
  if (madeFor !== order) throw new Error(`The cursor is not one of the order ${order}.`);
  return values;
}
