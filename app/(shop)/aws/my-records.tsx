'use client';

import { Badge } from '#app/components/ui/badge.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Time } from '#app/components/ui/time.tsx';

export type UsableRecord = {
  credentialId: string;
  number: number;
  name: string;
  description: string;
  partition: string;
  regions: readonly string[];
  services: readonly string[];
  tags: Readonly<Record<string, string>>;
  policy: string;
  until: Date | null;
  goesElsewhere: boolean;
};

/** What somebody may call AWS with, and by which name. */
export function MyRecords({ records }: { records: readonly UsableRecord[] }) {
  return (
    <DataTable label="My AWS records" columns={columns} rows={records} rowKey={({ credentialId }) => credentialId} />
  );
}

const columns: Column<UsableRecord>[] = [
  {
    key: 'name',
    header: 'Name',
    isTitle: true,
    cell: ({ name, description }) => (
      <>
        <span className="font-medium">{name}</span>
        {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
      </>
    ),
  },
  {
    key: 'number',
    header: 'As RECORD',
    cell: ({ number, tags }) => (
      <>
        <span className="font-mono">{number}</span>
        {Object.entries(tags).map(([key, value]) => (
          <span key={key} className="block font-mono text-sm text-muted">
            tag:{key}={value}
          </span>
        ))}
      </>
    ),
  },
  {
    key: 'where',
    header: 'Where',
    cell: ({ partition, regions, goesElsewhere }) => (
      <>
        {goesElsewhere ? <Badge>An endpoint of its own</Badge> : partition}
        <span className="block text-sm text-muted">{regions.join(', ') || 'All regions'}</span>
      </>
    ),
  },
  { key: 'services', header: 'Services', cell: ({ services }) => services.join(', ') || 'All' },
  { key: 'policy', header: 'Policy', cell: ({ policy }) => policy },
  {
    key: 'until',
    header: 'Until',
    cell: ({ until }) => (until ? <Time at={until} /> : <span className="text-faint">No end</span>),
  },
];
