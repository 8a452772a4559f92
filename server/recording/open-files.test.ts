/** Contract: files are closed once, when nobody reads from them any more, and nobody begins to once they are to be closed. */
import { expect, test } from 'vitest';
import { FilesClosed, OpenFiles } from './open-files.ts';

function openFiles() {
  const closed: string[] = [];
  const files = new OpenFiles(async () => void closed.push('closed'));
  return { files, closed };
}

test('files that nobody reads are closed at once, and once', async () => {
  const { files, closed } = openFiles();
  await files.close();
  await files.close();
  expect(closed).toEqual(['closed']);
});

test('readers keep them open, the last of them closes them, and nobody waits for that', async () => {
  const { files, closed } = openFiles();
  const ends: (() => void)[] = [];
  const readers = [1, 2].map((nth) =>
    files.read(() => new Promise<number>((resolve) => ends.push(() => resolve(nth)))),
  );
  await files.close();
  expect(closed).toEqual([]);
  await expect(files.read(async () => 'late')).rejects.toThrow(FilesClosed);
  ends[0]?.();
  expect(await readers[0]).toBe(1);
  expect(closed).toEqual([]);
  ends[1]?.();
  expect(await readers[1]).toBe(2);
  expect(closed).toEqual(['closed']);
});

test('a reader that fails is a reader that is done', async () => {
  const { files, closed } = openFiles();
  const failed = files.read(() => Promise.reject(new Error('cannot')));
  await files.close();
  await expect(failed).rejects.toThrow('cannot');
  expect(closed).toEqual(['closed']);
});

test('that closing fails is told to whoever closes, and to no reader', async () => {
  const files = new OpenFiles(() => Promise.reject(new Error('EIO')));
  let end = () => {};
  const reading = files.read(() => new Promise<void>((resolve) => (end = resolve)));
  await files.close();
  end();
  await reading;
  await expect(new OpenFiles(() => Promise.reject(new Error('EIO'))).close()).rejects.toThrow('EIO');
});
