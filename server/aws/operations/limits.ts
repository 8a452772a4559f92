/** Bodies above this are not read for parameters; the log then says that it is not whole. In bytes, after gunzip too. */
export const maxParsedBytes = 1024 * 1024;
/** What the log keeps of the parameters of one call, in characters. */
export const maxKeptCharacters = 64 * 1024;
/** Deeper than this nothing is read: no request of a client is, and no reader of ours recurses further. */
export const maxDepth = 32;
/** Parts (members, items, elements) of one body; a small body can hold very many. */
export const maxParts = 50_000;
