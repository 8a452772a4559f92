import type { PassThrough, Readable } from 'node:stream';
import yazl from 'yazl';
import { Unexpected } from '../errors.ts';
import { chainName, manifestName, type PartName } from './parts.ts';
import { type OpenPart, openPart } from './read.ts';

// Timing before data: while a recorder runs, the data that was there later covers the timing that was there earlier.
const archivedParts: PartName[] = ['typescript.timing', 'typescript', 'events.ndjson', chainName, manifestName];

/**
 * A zip of a recording, made while it is read: its parts, the public key and how to replay and verify them. Large ones
 * become zip64. `undefined` when there is no such recording. Destroying the stream closes all files.
 */
export async function archiveRecording(order: {
  root: string;
  path: string;
  publicKeyPem: string;
}): Promise<Readable | undefined> {
  const parts = await openAll(order.root, order.path);
  if (parts.length === 0) return undefined;
  const folder = order.path.slice(order.path.lastIndexOf('/') + 1);
  const zip = new yazl.ZipFile();
  // Declared as a bare stream; it is a PassThrough.
  const output = zip.outputStream as PassThrough;
  const unread = new Set(parts);
  const streams = new Set<Readable>();
  output.on('close', () => {
    for (const stream of streams) stream.destroy();
    for (const part of unread) void part.close().catch(() => undefined); // Read-only: nothing can be lost.
  });
  zip.on('error', (error: Error) => output.destroy(error));
  zip.addBuffer(Buffer.from(readMe(folder)), `${folder}/READ-ME.txt`);
  zip.addBuffer(Buffer.from(order.publicKeyPem), `${folder}/recording-public-key.pem`);
  for (const part of parts) {
    zip.addReadStreamLazy(`${folder}/${part.part}`, { size: part.size, compressionLevel: 3 }, (give) => {
      if (output.destroyed) return give(new Unexpected('The archive is not wanted any more.'), output);
      unread.delete(part);
      const stream = part.stream();
      streams.add(stream);
      stream.on('error', (error) => output.destroy(error));
      give(null, stream);
    });
  }
  zip.end();
  return output;
}

async function openAll(root: string, path: string): Promise<OpenPart[]> {
  const opened: OpenPart[] = [];
  try {
    for (const name of archivedParts) {
      const part = await openPart(root, path, name);
      if (part) opened.push(part);
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((part) => part.close()));
    throw error;
  }
}

function readMe(sessionId: string): string {
  return `Recording of session ${sessionId}

Replay it with scriptreplay of util-linux, in a terminal at least as large as the one recorded (events.ndjson tells
its size in the first line). Keys: space pauses, arrow up and down change the speed.

    scriptreplay --timing typescript.timing --typescript typescript

typescript          the output, byte for byte, after one header line
typescript.timing   seconds and bytes of each step of it
events.ndjson       start, resizes, end and what else happened, with wall clock and offset into the output
chain.ndjson        the hash chain over the three files above, segment by segment
manifest.json       who, what, when, and the signature that closes the chain; absent while the session is running

To verify it, put this folder back into a store at YYYY/MM/DD/${sessionId} and run, in a checkout of Sallyport,

    npm run verify -- ${sessionId} --recordings STORE --public-key FILE

Take the public key from the installation that made the recording. The copy in this archive shows only that the archive
agrees with itself.
`;
}
