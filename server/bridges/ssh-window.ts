import type { ClientChannel } from 'ssh2';

type Stream = { push(chunk: Buffer | null): boolean };
type Windowed = ClientChannel & { incoming: { window: number } };

/**
 * ssh2 drops data only when the window it granted is exactly used up, so a hostile host could run past it and grow our
 * memory. Its count of granted minus received bytes goes below zero in that case, which is looked at before each chunk
 * is stored. The same place sees the end of the stream while the channel is paused.
 */
export function guardWindow(
  channel: ClientChannel,
  { onOverrun, onLastData }: { onOverrun(): void; onLastData(): void },
): void {
  const { incoming } = channel as Windowed;
  const guard = (stream: Stream) => {
    const push = stream.push.bind(stream);
    stream.push = (chunk) => {
      if (incoming.window < 0) {
        onOverrun();
        return false;
      }
      const more = push(chunk);
      if (chunk === null) onLastData();
      return more;
    };
  };
  guard(channel);
  guard(channel.stderr);
}
