/** A bar for anything that takes longer than a second. Without `value` (0 to 100) it says only that work goes on. */
export function Progress({ label, value }: { label: string; value?: number }) {
  return (
    <div className="grid gap-1.5">
      <span className="text-sm text-muted">{label}</span>
      {value === undefined ? (
        <div role="progressbar" aria-label={label} className="h-1 overflow-hidden rounded-full bg-line">
          <div className="h-full w-1/3 animate-across rounded-full bg-accent" />
        </div>
      ) : (
        <progress
          aria-label={label}
          max={100}
          value={value}
          className="h-1 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
        />
      )}
    </div>
  );
}
