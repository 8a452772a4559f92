'use client';

import { useState } from 'react';
import { Badge } from '#app/components/ui/badge.tsx';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { type Filter, matchesFilter, summaryOf } from './plan-summary.ts';

export type PlannedRow = {
  line: number;
  name: string;
  address: string;
  verdict: 'add' | 'there' | 'wrong';
  says: readonly string[];
};

const shownAtFirst = 50;

type ImportPlanProps = {
  fileName: string;
  rows: readonly PlannedRow[];
  pending: boolean;
  onImport: () => void;
};

/** What a file would do, line by line. It can be imported once nothing in it is wrong. */
export function ImportPlan({ fileName, rows, pending, onImport }: ImportPlanProps) {
  const sum = summaryOf(rows);
  const [filter, setFilter] = useState<Filter>(sum.wrong > 0 ? 'wrong' : 'all');
  const [limit, setLimit] = useState(shownAtFirst);
  const found = rows.filter((row) => matchesFilter(row, filter));
  return (
    <section aria-labelledby="plan">
      <h2 id="plan" className="mb-2 text-lg font-semibold">
        What {fileName} would do
      </h2>
      <Banner tone={sum.wrong > 0 ? 'warn' : 'info'}>{sum.sentence}</Banner>
      <div className="my-3 flex flex-wrap items-center gap-2">
        {(['all', 'add', 'there', 'wrong'] as const).map((each) => (
          <Button
            key={each}
            size="small"
            look={filter === each ? 'secondary' : 'quiet'}
            aria-pressed={filter === each}
            onClick={() => setFilter(each)}
          >
            {labels[each]} ({sum[each]})
          </Button>
        ))}
        <span className="flex-1" />
        {sum.add > 0 && sum.wrong === 0 && (
          <Button look="primary" pending={pending} onClick={onImport}>
            {sum.add === 1 ? 'Import one computer' : `Import ${sum.add} computers`}
          </Button>
        )}
      </div>
      {found.length > 0 && (
        <DataTable
          label="Lines of the file"
          columns={columns}
          rows={found.slice(0, limit)}
          rowKey={({ line }) => line}
        />
      )}
      {found.length > limit && (
        <div className="mt-3 flex items-center gap-3 text-sm text-muted">
          {limit} of {found.length} lines
          <Button size="small" onClick={() => setLimit(limit + 500)}>
            Show more
          </Button>
        </div>
      )}
    </section>
  );
}

const labels: Record<Filter, string> = { all: 'All', add: 'New', there: 'There already', wrong: 'Wrong' };

const badges = {
  add: <Badge tone="ok">New</Badge>,
  there: <Badge>There already</Badge>,
  wrong: <Badge tone="danger">Wrong</Badge>,
};

const columns: Column<PlannedRow>[] = [
  { key: 'line', header: 'Line', cell: ({ line }) => <span className="tabular-nums">{line}</span> },
  {
    key: 'name',
    header: 'Name',
    isTitle: true,
    cell: ({ name, address }) => (
      <>
        <span className="font-medium">{name || '(no name)'}</span>
        <span className="block font-mono text-sm break-all text-faint">{address}</span>
      </>
    ),
  },
  { key: 'verdict', header: 'Result', cell: ({ verdict }) => badges[verdict] },
  {
    key: 'says',
    header: 'What happens',
    cell: ({ says }) => (
      <ul>
        {says.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    ),
  },
];
