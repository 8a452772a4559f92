import { plainText } from '../protocol/plain-text.ts';
import { type EndReason, endReasons, endSentence } from '../protocol/session-words.ts';

/** What the log knows of things by their ids only, by the names they have today. Keys are `person/<id>` and so on. */
export type Names = ReadonlyMap<string, string>;

export const namedThings = ['person', 'group', 'computer', 'credential', 'policy', 'accessLevel', 'grant'] as const;
export type NamedThing = (typeof namedThings)[number];

const longestQuote = 160;

/** Text of somebody's choosing inside a sentence of ours. */
export function quoted(text: string): string {
  const cut = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
  return `“${plainText(cut)}”`;
}

/** A thing by its name, or by its id where it has none any more. */
export function named(names: Names, thing: NamedThing, id: string | number): string {
  const name = names.get(`${thing}/${id}`);
  if (name === undefined) return `${thing} ${plainText(String(id))}`;
  return thing === 'grant' ? `the grant of ${plainText(name)}` : quoted(name);
}

/** The same in a sentence that says what kind of thing it is. */
export function called(names: Names, thing: NamedThing, id: string): string {
  const name = names.get(`${thing}/${id}`);
  return name === undefined ? plainText(id) : quoted(name);
}

/** `from 192.0.2.1`, where an address is known. */
export function fromAddress(address: string | null): string {
  return address === null ? '' : ` from ${plainText(address)}`;
}

export function place(server: string, port: number): string {
  return `${plainText(server)} port ${port}`;
}

export function listed(words: readonly string[]): string {
  return words.length === 0 ? 'nothing' : words.map((word) => plainText(word).replaceAll('_', ' ')).join(', ');
}

/** A code of ours (`no_grant`) in words. */
export function inWords(code: string): string {
  return plainText(code).replaceAll('_', ' ');
}

export function counted(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}

// The sentences for whoever worked in the session speak to them; an auditor reads of somebody else.
const ofOthers: Partial<Record<EndReason, string>> = {
  closed: 'The person ended it.',
  revoked: 'The access was revoked.',
  grant_ended: 'The time of the access was over.',
  signed_out: 'The person signed out.',
};

export function whyEnded(reason: string): string {
  const known = endReasons.find((each) => each === reason);
  return known ? (ofOthers[known] ?? endSentence(known)) : `Reason: ${inWords(reason)}.`;
}
