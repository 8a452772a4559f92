// biome-ignore-all lint/a11y/noRedundantRoles: `display: block` on a phone takes the implied roles away
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Column<Row> = {
  key: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** The header is for screen readers only (a column of buttons). */
  hideHeader?: boolean;
  /** On a phone this cell is the title of the card. */
  isTitle?: boolean;
  align?: 'end';
  /** Makes the header a button. */
  onSort?: () => void;
  sorted?: 'ascending' | 'descending';
};

type DataTableProps<Row> = {
  /** What the table holds, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** Greyed out, for what is switched off or over. */
  isFaded?: (row: Row) => boolean;
};

/** Rows and columns; below 640 px each row becomes a card. Roles are spelled out because `display` would drop them. */
export function DataTable<Row>({ label, columns, rows, rowKey, isFaded }: DataTableProps<Row>) {
  return (
    <div className="rounded-lg border-line bg-surface sm:overflow-x-auto sm:border sm:shadow-soft max-sm:bg-transparent">
      <table role="table" aria-label={label} className="w-full border-collapse max-sm:block">
        <thead role="rowgroup" className={classNames('border-b border-line', phoneHead(columns))}>
          <tr
            role="row"
            className="max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-4 max-sm:before:text-xs max-sm:before:text-faint max-sm:before:content-['Sort_by']"
          >
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" className="max-sm:grid max-sm:gap-3">
          {rows.map((row) => (
            <tr
              key={rowKey(row)}
              role="row"
              className={classNames(
                'border-line transition-colors not-last:border-b sm:hover:bg-hover/60',
                'max-sm:relative max-sm:grid max-sm:gap-1.5 max-sm:rounded-lg max-sm:border max-sm:bg-surface max-sm:p-4 max-sm:shadow-soft',
                isFaded?.(row) && 'text-faint',
              )}
            >
              {columns.map((column) => (
                <BodyCell key={column.key} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// On a phone the cards name their fields themselves; what is left of the head is the buttons that sort.
function phoneHead<Row>(columns: readonly Column<Row>[]): string {
  return columns.some((column) => column.onSort) ? 'max-sm:block max-sm:border-0 max-sm:pb-2' : 'max-sm:sr-only';
}

const arrows = { ascending: ArrowUp, descending: ArrowDown };

function HeaderCell<Row>({ column }: { column: Column<Row> }) {
  const Arrow = column.sorted ? arrows[column.sorted] : ChevronsUpDown;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={column.onSort ? (column.sorted ?? 'none') : undefined}
      className={classNames(
        'px-3 py-2 text-xs first:pl-4 last:pr-4 font-medium whitespace-nowrap text-muted max-sm:px-0 max-sm:first:pl-0',
        !column.onSort && 'max-sm:sr-only',
        column.align === 'end' ? 'text-right' : 'text-left',
      )}
    >
      {column.onSort ? (
        <button
          type="button"
          onClick={column.onSort}
          className="inline-flex items-center gap-1 rounded hover:text-ink pointer-coarse:min-h-10"
        >
          {column.header}
          <Arrow aria-hidden className={classNames('size-3', !column.sorted && 'text-faint')} />
        </button>
      ) : (
        <span className={classNames(column.hideHeader && 'sr-only')}>{column.header}</span>
      )}
    </th>
  );
}

function BodyCell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const isPlain = column.isTitle || column.hideHeader;
  return (
    <td
      role="cell"
      className={classNames(
        'px-3 py-2.5 align-top max-sm:min-w-0 max-sm:p-0 sm:first:pl-4 sm:last:pr-4',
        column.align === 'end' && 'text-right max-sm:text-left',
        column.isTitle && 'max-sm:pr-20 max-sm:text-lg',
        column.hideHeader && 'max-sm:absolute max-sm:top-3.5 max-sm:right-3',
        !isPlain && 'max-sm:grid max-sm:grid-cols-[7.5rem_1fr] max-sm:gap-3',
      )}
    >
      {!isPlain && (
        <span aria-hidden className="text-sm text-muted sm:hidden">
          {column.header}
        </span>
      )}
      {isPlain ? column.cell(row) : <div className="min-w-0">{column.cell(row)}</div>}
    </td>
  );
}
