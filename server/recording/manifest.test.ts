/** The contract: a manifest is one text, signed as a whole; every other text is either none or not signed. */
import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { isSignedBy, openingOf, parseManifest, signManifest } from './manifest.ts';
import { makeKey } from './testing/test-store.ts';

const key = makeKey('key-1');
const body = {
  format: 'sallyport.recording.v1' as const,
  recorder: 'test',
  sessionId: '0198c5a0-0000-7000-8000-00000000000a',
  startedAt: '2026-01-02T03:04:05.678Z',
  person: { id: 'p', name: 'Ada', email: 'ada@example.test' },
  computer: { id: 1, name: 'web', server: '192.0.2.1', port: 22 },
  account: 'root',
  mode: 'SSH',
  policy: { recording: 'required', recordInput: false, limit: 1.5 },
  terminal: { columns: 80, rows: 24 },
  endedAt: '2026-01-02T03:05:05.678Z',
  sealedAt: '2026-01-02T03:05:05.678Z',
  durationMs: 60_000,
  reason: 'closed',
  outputBytes: 10,
  files: {
    typescript: { bytes: 100 },
    'typescript.timing': { bytes: 12, lines: 1 },
    'events.ndjson': { bytes: 200, lines: 2 },
  },
  gaps: [{ file: 'typescript', atByte: 100, bytes: 3, why: 'Because.' }],
  openingHead: 'a'.repeat(64),
  segments: 1,
  head: 'b'.repeat(64),
};
const text = signManifest(body, key);

describe('a manifest', () => {
  it('is read as it was signed', () => {
    const manifest = parseManifest(text);
    expect(manifest).toMatchObject({ ...body, keyId: 'key-1' });
    expect(isSignedBy(manifest!, key.publicKeyPem)).toBe(true);
    expect(Object.keys(openingOf(manifest!))).toHaveLength(10);
  });

  it('is signed over its canonical text without the signature, as anybody can check', () => {
    const { signature, ...signed } = JSON.parse(text);
    const bytes = Buffer.from(canonicalJson(signed));
    expect(verify(null, bytes, createPublicKey(key.publicKeyPem), Buffer.from(signature, 'base64'))).toBe(true);
  });

  it.each([
    ['without its line feed', text.trimEnd()],
    ['with white space', text.replace(',', ', ')],
    ['with another member', text.replace('{', '{"aaa":1,')],
    ['with a member less', text.replace('"account":"root",', '')],
    ['with a duplicate member', text.replace('"account":"root",', '"account":"eve","account":"root",')],
    ['with a count that is none', text.replace('"segments":1', '"segments":-1')],
    ['of another format', text.replace('recording.v1', 'recording.v2')],
    ['of no text', ''],
    ['nested without end', '['.repeat(100_000)],
  ])('%s is none', (_name, other) => {
    expect(parseManifest(other)).toBeUndefined();
  });

  it('that was changed, or signed by somebody else, is not signed by us', () => {
    const changed = parseManifest(text.replace('"root"', '"eve"'))!;
    expect(isSignedBy(changed, key.publicKeyPem)).toBe(false);
    expect(isSignedBy(parseManifest(signManifest(body, makeKey('key-1')))!, key.publicKeyPem)).toBe(false);
    expect(isSignedBy({ ...changed, signature: '' }, key.publicKeyPem)).toBe(false);
  });
});
