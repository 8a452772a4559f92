import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

export type PersonId = Branded<string, 'PersonId'>;
export type GroupId = Branded<string, 'GroupId'>;
export type LoginSessionId = Branded<string, 'LoginSessionId'>;
export type ComputerId = Branded<number, 'ComputerId'>;
export type ComputerGuid = Branded<string, 'ComputerGuid'>;
export type CredentialId = Branded<string, 'CredentialId'>;
export type SecretId = Branded<string, 'SecretId'>;
export type PolicyId = Branded<string, 'PolicyId'>;
export type GrantId = Branded<string, 'GrantId'>;
export type SessionId = Branded<string, 'SessionId'>;
export type UnlockId = Branded<string, 'UnlockId'>;
export type NoticeId = Branded<string, 'NoticeId'>;
export type LaunchId = Branded<string, 'LaunchId'>;
export type CheckOutId = Branded<string, 'CheckOutId'>;
export type JobId = Branded<string, 'JobId'>;
export type RecordTypeId = Branded<string, 'RecordTypeId'>;
export type AccessLevelId = Branded<string, 'AccessLevelId'>;
export type SessionViewId = Branded<string, 'SessionViewId'>;
export type ApiTokenId = Branded<string, 'ApiTokenId'>;
export type AwsCallId = Branded<string, 'AwsCallId'>;
export type AuthorityId = Branded<string, 'AuthorityId'>;
export type WriterId = Branded<string, 'WriterId'>;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** A new UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits, so that keys arrive in index order. */
export function newId<Id extends string>(nowMs: number = Date.now()): Id {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as Id;
}
