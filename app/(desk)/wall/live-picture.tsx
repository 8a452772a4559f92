'use client';

import { monospace } from '#app/components/terminal-view/terminal-theme.ts';
import { runStyle } from './picture-colours.ts';
import { usePicture } from './use-picture.ts';

// The width of a character of most monospaced fonts, in parts of their size.
const characterWidth = 0.61;

/** The screen of a running session in small. For readers of screens it is a link with a name; what it shows is not read out. */
export function LivePicture({ sessionId }: { sessionId: string }) {
  const picture = usePicture(sessionId);
  return (
    <div
      aria-hidden
      className="@container grid aspect-video place-items-center overflow-hidden bg-[#0b0d10] text-[#dfe3e8]"
    >
      {picture ? (
        <pre
          className="size-full overflow-hidden p-[2cqw] leading-[1.2]"
          style={{ fontFamily: monospace, fontSize: `${96 / (picture.columns * characterWidth)}cqw` }}
        >
          {picture.lines.map((runs, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row of a screen is its place
            <div key={row} className="h-[1.2em] whitespace-pre">
              {runs.map((run, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: runs have no other name than their place
                <span key={at} style={runStyle(run)}>
                  {run.text}
                </span>
              ))}
            </div>
          ))}
        </pre>
      ) : (
        <span className="text-sm text-[#7b8592]">{picture === null ? 'No picture at the moment' : ''}</span>
      )}
    </div>
  );
}
