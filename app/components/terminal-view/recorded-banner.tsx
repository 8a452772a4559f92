import { Disc, EyeOff } from 'lucide-react';

/** Always there while a session runs: a person must never wonder whether they are recorded. */
export function RecordedBanner({ recorded }: { recorded: boolean }) {
  if (!recorded) {
    return (
      <p className="flex items-center gap-2 border-b border-line bg-sunken px-3 py-1 text-xs text-muted sm:px-4">
        <EyeOff aria-hidden className="size-3.5 shrink-0" />
        Not recorded
      </p>
    );
  }
  return (
    <p
      data-testid="recorded-banner"
      className="flex items-center gap-2 border-b border-line bg-danger-soft px-3 py-1 text-xs text-ink sm:px-4"
    >
      <Disc aria-hidden className="size-3.5 shrink-0 text-danger" />
      <span>
        <strong className="font-semibold">Recorded.</strong> What this screen shows is kept as evidence and may be
        reviewed.
      </span>
    </p>
  );
}
