/** Where a list is about to be. */
export function ListSkeleton({ rows = 5 }: { rows?: number }) {
  return (
    <div role="status" className="animate-pulse">
      <span className="sr-only">Loading</span>
      <div className="mb-2 h-7 w-44 rounded-md bg-line" />
      <div className="mb-7 h-4 w-80 max-w-full rounded bg-line" />
      <div className="rounded-lg border border-line bg-surface">
        {Array.from({ length: rows }, (_, index) => `row-${index}`).map((key) => (
          <div key={key} className="flex gap-6 border-line px-4 py-4 not-last:border-b">
            <div className="h-3.5 w-40 rounded bg-line" />
            <div className="h-3.5 w-24 rounded bg-line max-sm:hidden" />
            <div className="ml-auto h-3.5 w-16 rounded bg-line" />
          </div>
        ))}
      </div>
    </div>
  );
}
