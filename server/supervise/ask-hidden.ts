import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './command.ts';

export type Terminal = { input: NodeJS.ReadableStream & { isTTY?: boolean }; output: NodeJS.WritableStream };

/**
 * Asks questions whose answers are not shown. At a terminal each is one line typed blindly; otherwise each is the next
 * line of the input. Call `close` when no more is asked.
 */
export function createAsker({ input, output }: Terminal) {
  let editor: Interface | undefined;
  let lines: AsyncIterator<string> | undefined;

  function readBlindly(): AsyncIterator<string> {
    if (lines) return lines;
    // The line editor echoes what is typed into this, which shows nothing.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    editor = createInterface({ input, output: nowhere, terminal: input.isTTY === true });
    editor.on('SIGINT', () => editor?.close());
    lines = editor[Symbol.asyncIterator]();
    return lines;
  }

  async function ask(question: string): Promise<string> {
    // Before the question is seen: until then the terminal itself still shows what is typed.
    const blind = readBlindly();
    output.write(question);
    const { done, value } = await blind.next();
    output.write('\n');
    if (done) throw new UsageError('Nothing was entered, so nothing was changed.');
    return value;
  }

  return { ask, close: () => editor?.close() };
}
