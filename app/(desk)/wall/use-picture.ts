'use client';

import { useEffect, useState } from 'react';
import { type ScreenPicture, ScreenPictureSchema } from '#server/protocol/screen-picture.ts';

const everyMs = 2_000;

/** The picture of one session, asked for again and again while the page is in sight; `null`: there is none any more. */
export function usePicture(sessionId: string): ScreenPicture | null | undefined {
  const [picture, setPicture] = useState<ScreenPicture | null>();
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      if (document.visibilityState === 'visible') {
        const found = await fetchPicture(sessionId, leaving.signal);
        if (leaving.signal.aborted) return;
        setPicture(found);
      }
      timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [sessionId]);
  return picture;
}

async function fetchPicture(sessionId: string, signal: AbortSignal): Promise<ScreenPicture | null> {
  try {
    const answer = await fetch(`/api/live/${sessionId}/picture`, { signal });
    return answer.ok ? (ScreenPictureSchema.safeParse(await answer.json()).data ?? null) : null;
  } catch {
    return null; // The network is away, or the page was left.
  }
}
