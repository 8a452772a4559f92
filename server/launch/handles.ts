import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** What a launch of our own carries where others carry tokens: good once, minutes long, and for the gateway alone. */
export type Handles = { apiKey: string; apiApplicationKey: string };

/** 256 random bits, and a random GUID: the form that launches demand of an application key. */
export function newHandles(): Handles {
  return { apiKey: randomBytes(32).toString('base64url'), apiApplicationKey: randomUUID() };
}

/** What a handle is looked up and compared by; it is stored nowhere else. */
export function hashHandle(handle: string): Buffer {
  return createHash('sha256').update(handle).digest();
}
