/**
 * What a recording holds is what the host wrote. 20 MB of characters of one to four bytes run through the whole built
 * program, cut into packets wherever it likes, to a client that acknowledges as a browser does: the client, the
 * typescript and scriptreplay get the same bytes, and between two marks they are the bytes of the file on the host.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputIn, replay } from '../server/recording/testing/test-store.ts';
import { expect, test } from './test.ts';
import { sha256, untilEnded } from './testbed/evidence.ts';

const megabyte = 1024 * 1024;

test('a flood of 20 MB is received, recorded and replayed byte for byte', async ({ house }) => {
  const { admin, account, hosts, stack } = house;
  const written = manyCharacters(20 * megabyte);
  const path = join(account.home, `flood-${process.pid}`);
  await writeFile(path, written, { mode: 0o644 });
  const person = await admin.person();
  const computer = await admin.computer(hosts.open);
  await admin.grant(person, computer);
  const visitor = await house.visitor(person);

  const { sessionId, terminal } = await visitor.open(computer.guid);
  terminal.type(`stty -opost -echo; printf '<<<'; cat ${path}; printf '>>>'; exit\n`);
  expect(await terminal.ended()).toMatchObject({ reason: 'exited', exitStatus: 0 });
  await rm(path);

  const received = terminal.output();
  const from = received.indexOf(Buffer.concat([Buffer.from('<<<'), written.subarray(0, 64)])) + 3;
  expect(sha256(received.subarray(from, from + written.length))).toBe(sha256(written));
  expect(received.subarray(from + written.length, from + written.length + 3).toString()).toBe('>>>');
  expect(terminal.splitCharacters, 'packets that ended inside a character').toBeGreaterThan(0);

  const { path: place, recording } = await untilEnded(admin.ctx, sessionId);
  expect(recording).toBe('sealed');
  const folder = join(stack.recordingsDir, place ?? '');
  expect(sha256(await outputIn(folder))).toBe(sha256(received));
  expect(sha256(await replay(folder))).toBe(sha256(received));
  expect((await stack.verify(sessionId)).text).toContain('intact');
});

/** Characters of every length that UTF-8 has, in an order that does not repeat soon. */
function manyCharacters(bytes: number): Buffer {
  const text = 'a-é-你-🦀-';
  const lines: string[] = [];
  for (let line = 0, length = 0; length < bytes; line += 1) {
    lines.push(`${line} ${text.repeat(1 + ((line * 7) % 11))}\n`);
    length += Buffer.byteLength(lines.at(-1) ?? '');
  }
  return Buffer.from(lines.join(''));
}
