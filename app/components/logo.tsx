/** A gate in a wall, half open: people go out through it one at a time, seen. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className={className} fill="none">
      <path
        d="M2.5 21.5V4.5a2 2 0 0 1 2-2h15a2 2 0 0 1 2 2v17"
        className="stroke-accent"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <path d="M7 21.5V12a5 5 0 0 1 10 0v9.5" className="stroke-accent" strokeWidth="2" strokeLinecap="round" />
      <path d="M12 7v14.5l5-2.2V12a5 5 0 0 0-5-5Z" className="fill-accent" />
    </svg>
  );
}
