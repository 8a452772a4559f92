import Link from 'next/link';
import type { ReactNode } from 'react';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Time } from '#app/components/ui/time.tsx';
import type { LogEntry } from '#server/portal.ts';
import { jsonLines } from '#server/protocol/plain-text.ts';
import { auditPath } from './audit-query.ts';

export function AuditTable({ rows }: { rows: readonly LogEntry[] }) {
  return (
    <DataTable label="Audit log" columns={columns} rows={rows} rowKey={({ writerId, seq }) => `${writerId}.${seq}`} />
  );
}

const linkClass = 'rounded hover:text-accent hover:underline';

const columns: Column<LogEntry>[] = [
  { key: 'when', header: 'When', cell: ({ at }) => <Time at={at} evidence /> },
  { key: 'who', header: 'Who', cell: (entry) => <Who entry={entry} /> },
  { key: 'what', header: 'What', cell: (entry) => <What entry={entry} /> },
];

function Who({ entry: { who, actorId } }: { entry: LogEntry }) {
  if (!actorId) return <span className="text-muted">{who}</span>;
  return (
    <Link
      href={auditPath({ filters: { person: actorId } })}
      prefetch={false}
      title="Everything about this person"
      className={`block min-w-28 font-medium wrap-anywhere ${linkClass}`}
    >
      {who}
    </Link>
  );
}

function What({ entry }: { entry: LogEntry }) {
  const { sentence, sessionId } = entry;
  return (
    <div className="grid gap-1">
      <p className="wrap-anywhere">{sentence}</p>
      {sessionId && (
        <p className="flex flex-wrap gap-x-3 text-sm text-muted">
          <Link href={`/sessions/${sessionId}`} prefetch={false} className={linkClass}>
            Open the session
          </Link>
          <Link href={auditPath({ filters: { session: sessionId } })} prefetch={false} className={linkClass}>
            All that happened in it
          </Link>
        </p>
      )}
      <RawFields entry={entry} />
    </div>
  );
}

/** The row as it was written, and its place in the chain. */
function RawFields({ entry }: { entry: LogEntry }) {
  return (
    <details className="text-sm">
      <summary className="w-fit rounded text-muted hover:text-ink pointer-coarse:py-2">
        Raw fields<span className="sr-only"> of: {entry.title}</span>
      </summary>
      <dl className="mt-2 grid gap-2 rounded-md border border-line bg-sunken p-3 text-xs">
        <Raw name="Kind">{entry.kind}</Raw>
        <Raw name="Fields">
          <pre className="whitespace-pre-wrap">{jsonLines(entry.subject)}</pre>
        </Raw>
        <Raw name="Moment">{entry.at.toISOString()}</Raw>
        <Raw name="Person">{entry.actorId ?? 'none'}</Raw>
        <Raw name="Session">{entry.sessionId ?? 'none'}</Raw>
        <Raw name="Writer">{entry.writerId}</Raw>
        <Raw name="Row">{entry.seq}</Raw>
        <Raw name="Hash of the row before">{entry.previousHash}</Raw>
        <Raw name="Hash">{entry.hash}</Raw>
      </dl>
    </details>
  );
}

function Raw({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="font-medium text-muted">{name}</dt>
      <dd className="font-mono break-all">{children}</dd>
    </div>
  );
}
