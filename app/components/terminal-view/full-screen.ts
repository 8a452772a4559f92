// Only Chromium has it: in full screen it hands even Ctrl+W, Ctrl+T and Escape to the page. Escape held leaves.
type KeyboardLock = { lock?: () => Promise<void>; unlock?: () => void };

/** The whole page, not the terminal alone: dialogs are rendered beside it and would not be seen. */
export async function toggleFullScreen(): Promise<void> {
  const { keyboard } = navigator as Navigator & { keyboard?: KeyboardLock };
  if (document.fullscreenElement) {
    keyboard?.unlock?.();
    await document.exitFullscreen();
    return;
  }
  await document.documentElement.requestFullscreen({ navigationUI: 'hide' });
  await keyboard?.lock?.();
}
