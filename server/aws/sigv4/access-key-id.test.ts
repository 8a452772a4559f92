/* The first `#` ends the token's id; whatever follows is the record or a search for it, as the client wrote it. */
import { expect, test } from 'vitest';
import { namedKey } from './access-key-id.ts';

test.each([
  ['TOKEN1#prod', 'TOKEN1', 'prod'],
  ['TOKEN1', 'TOKEN1', ''],
  ['TOKEN1#', 'TOKEN1', ''],
  ['TOKEN1#name:a#b c', 'TOKEN1', 'name:a#b c'],
  ['#prod', '', 'prod'],
])('%s', (accessKeyId, tokenId, record) => {
  expect(namedKey(accessKeyId)).toEqual({ tokenId, record });
});
