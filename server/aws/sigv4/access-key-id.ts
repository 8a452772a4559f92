/** What a client writes as its access key id: the token, and after the first `#` the record or a search for one. */
export type NamedKey = { tokenId: string; record: string };

/** Takes `TOKEN-ID#RECORD` apart; the record is empty where none is named. */
export function namedKey(accessKeyId: string): NamedKey {
  const mark = accessKeyId.indexOf('#');
  if (mark < 0) return { tokenId: accessKeyId, record: '' };
  return { tokenId: accessKeyId.slice(0, mark), record: accessKeyId.slice(mark + 1) };
}
