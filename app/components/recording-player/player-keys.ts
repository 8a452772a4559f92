import type { Playback } from './playback.ts';

const stepMs = 5000;

type Press = { key: string; ctrlKey: boolean; altKey: boolean; metaKey: boolean };

/** Does what a key means to a player; false if it means nothing and is the browser's. */
export function playerKey(playback: Playback, press: Press): boolean {
  if (press.ctrlKey || press.altKey || press.metaKey) return false;
  switch (press.key) {
    case ' ':
      if (playback.isPlaying) playback.pause();
      else playback.play();
      return true;
    case 'ArrowLeft':
      playback.seek(playback.positionMs - stepMs);
      return true;
    case 'ArrowRight':
      playback.seek(playback.positionMs + stepMs);
      return true;
    case ',':
      playback.step('back');
      return true;
    case '.':
      playback.step('forward');
      return true;
    case 'Home':
      playback.seek(0);
      return true;
    case 'End':
      playback.seek(playback.track.durationMs);
      return true;
    default:
      return false;
  }
}
