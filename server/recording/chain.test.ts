/**
 * The contract: a chain opens with who and what, and each link follows from the one before it. Any change of a link, of
 * their order, or of a line's very text is found, and told by the number of the segment. The vector is fixed: other
 * people's verifiers are written after recordings/README.md.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import {
  closeLink,
  followLink,
  formatChainLine,
  isLink,
  type Link,
  type Opening,
  openChain,
  parseOpeningLine,
} from './chain.ts';

const opening: Opening = {
  format: 'sallyport.recording.v1',
  recorder: 'test',
  sessionId: '0198c5a0-0000-7000-8000-00000000000a',
  startedAt: '2026-01-02T03:04:05.678Z',
  person: { id: 'p', name: 'Ada', email: 'ada@example.test' },
  computer: { id: 1, name: 'web', server: '192.0.2.1', port: 22 },
  account: 'root',
  mode: 'SSH',
  policy: { recording: 'required' },
  terminal: { columns: 80, rows: 24 },
};

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

function linkAfter(previous: { seq: number; head: string }, from: number, to: number): Link {
  const range = { from, to, sha256: digest(`${from}-${to}`) };
  return closeLink(previous.head, {
    seq: previous.seq + 1,
    at: '2026-01-02T03:05:00.000Z',
    parts: { typescript: range, 'typescript.timing': range, 'events.ndjson': range },
  });
}

const line0 = openChain(opening);
const link1 = linkAfter(line0, 0, 100);
const link2 = linkAfter(link1, 100, 250);
const textOf = (line: Link | typeof line0) => formatChainLine(line).trimEnd();

describe('the opening', () => {
  it('is hashed as its canonical text', () => {
    expect(line0.head).toBe(digest(canonicalJson(opening)));
    expect(line0.head).toBe('7dc777e70063a3f3fac5b8c5cee9f89de9c50961ed316c6f67e9e328e3e46fb2');
    expect(parseOpeningLine(textOf(line0))).toEqual(line0);
  });

  it.each([
    ['another person', textOf(line0).replace('"Ada"', '"Eve"')],
    ['another session', textOf(line0).replace('00000000000a', '00000000000b')],
    ['white space', textOf(line0).replace('{', '{ ')],
    ['a member more', textOf(line0).replace('{', '{"a":1,')],
    ['a duplicate member', textOf(line0).replace('"seq":0', '"seq":0,"seq":0')],
    ['another format', textOf(line0).replace('recording.v1', 'recording.v2')],
    ['no text', ''],
    ['a link', textOf(link1)],
  ])('is refused with %s', (_name, text) => {
    expect(parseOpeningLine(text)).toBeUndefined();
  });
});

describe('a link', () => {
  it('hashes the head before it and its own canonical text', () => {
    const { seq, at, parts } = link1;
    expect(link1.head).toBe(digest(`${line0.head}\n${canonicalJson({ seq, at, parts })}`));
    expect(link1.head).toBe('e48c259cfee862537b3fc4466a60c5b9fddac89b1d91e6f4590add0477383268');
    expect(followLink(line0, textOf(link1))).toEqual(link1);
    expect(followLink(link1, textOf(link2))).toEqual(link2);
  });

  it.each([
    ['left out', line0, textOf(link2), /missing: the chain goes on with segment 2/],
    ['repeated', link1, textOf(link1), /goes on with segment 1/],
    ['changed in a hash', line0, textOf(link1).replace(/"sha256":"./, '"sha256":"f'), /head .* does not follow/],
    ['changed in its time', line0, textOf(link1).replace('03:05', '03:06'), /head .* does not follow/],
    ['changed in a range', line0, textOf(link1).replaceAll('"to":100', '"to":101'), /head .* does not follow/],
    ['leaving a hole', link1, textOf(linkAfter(link1, 101, 200)), /range of typescript does not follow/],
    ['going backwards', link1, textOf(linkAfter(link1, 100, 99)), /range of typescript does not follow/],
    ['of another chain', link1, textOf(linkAfter({ seq: 1, head: digest('other') }, 100, 250)), /does not follow/],
    ['written otherwise', line0, `${textOf(link1)} `, /damaged/],
    ['an opening', line0, textOf(line0), /damaged/],
    ['no JSON', line0, '\0', /damaged/],
  ])('that is %s is told apart', (_name, previous, text, problem) => {
    const answer = followLink(previous, text);
    expect(isLink(answer)).toBe(false);
    expect(answer).toMatchObject({ seq: previous.seq + 1, problem: expect.stringMatching(problem) });
  });
});
