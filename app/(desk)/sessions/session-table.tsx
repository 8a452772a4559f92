import Link from 'next/link';
import { Badge } from '#app/components/ui/badge.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { durationText } from '#app/components/ui/moment-text.ts';
import { Time } from '#app/components/ui/time.tsx';
import type { SessionRow } from '#server/portal.ts';
import { callsText, endText, holdLabel, lastedMs, recordingLabel, stateLabel } from './session-labels.ts';

type SessionTableProps = { rows: readonly SessionRow[]; now: Date; showPerson: boolean };

export function SessionTable({ rows, now, showPerson }: SessionTableProps) {
  return (
    <DataTable
      label="Sessions"
      columns={columns(now).filter(({ key }) => showPerson || key !== 'person')}
      rows={rows}
      rowKey={({ id }) => id}
    />
  );
}

function columns(now: Date): Column<SessionRow>[] {
  return [
    {
      key: 'computer',
      header: 'Computer or record',
      isTitle: true,
      cell: ({ id, target, mode, person }) => (
        <Link
          href={`/sessions/${id}`}
          aria-label={`Session of ${person.name} on ${target}`}
          className="font-medium hover:text-accent hover:underline"
        >
          {target}
          {mode === 'AWS' && <span className="ml-2 text-sm font-normal text-muted">AWS</span>}
        </Link>
      ),
    },
    {
      key: 'person',
      header: 'Person',
      cell: ({ person }) => <span title={person.email}>{person.name}</span>,
    },
    {
      key: 'when',
      header: 'When',
      cell: ({ openedAt, requestedAt }) => <Time at={(openedAt ?? requestedAt).toISOString()} evidence />,
    },
    { key: 'duration', header: 'Duration', cell: (session) => <Lasted session={session} now={now} /> },
    {
      key: 'state',
      header: 'State',
      cell: ({ mode, state, endReason }) => (
        <div className="grid max-w-72 gap-1">
          <span>
            <LabelBadge {...stateLabel(state)} />
          </span>
          {endReason && <span className="text-sm text-muted">{endText(mode, endReason)}</span>}
        </div>
      ),
    },
    {
      key: 'recording',
      header: 'Recording or calls',
      cell: ({ mode, calls, recording }) => {
        if (mode === 'AWS') return <span className="whitespace-nowrap tabular-nums">{callsText(calls)}</span>;
        const hold = holdLabel(recording);
        return (
          <span className="flex flex-wrap gap-1">
            <LabelBadge {...recordingLabel(recording)} />
            {hold && <LabelBadge {...hold} />}
          </span>
        );
      },
    },
  ];
}

function Lasted({ session, now }: { session: SessionRow; now: Date }) {
  const ms = lastedMs(session, now);
  return <span className="whitespace-nowrap tabular-nums">{ms === undefined ? '–' : durationText(ms)}</span>;
}

function LabelBadge({ tone, text }: ReturnType<typeof stateLabel>) {
  return <Badge tone={tone}>{text}</Badge>;
}
