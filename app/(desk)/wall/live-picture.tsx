'use client';

import { monospace } from '#app/components/terminal-view/terminal-theme.ts';
import { runStyle } from './picture-colours.ts';
import { fontSizeFor, frame } from './picture-size.ts';
import { usePicture } from './use-picture.ts';

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
          className="size-full overflow-hidden"
          style={{ ...frame, fontFamily: monospace, fontSize: fontSizeFor(picture) }}
        >
          {picture.lines.map((runs, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row of a screen is its place
            <div key={row} style={{ height: `${frame.lineHeight}em` }} className="whitespace-pre">
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
