// Contract: a table stays a table for screen readers on every width: roles are spelled out, headers say how they are
// sorted and are buttons only where they sort, and each cell of a card repeats its header for the eye alone.
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { type Column, DataTable } from './data-table.tsx';

type Row = { id: string; over: boolean };
const base: Column<Row>[] = [
  { key: 'name', header: 'Name', isTitle: true, cell: ({ id }) => id },
  { key: 'state', header: 'State', cell: ({ over }) => (over ? 'Over' : 'In force') },
  { key: 'acts', header: 'Actions', hideHeader: true, cell: () => 'Edit' },
];
const rows = [
  { id: 'one', over: false },
  { id: 'two', over: true },
];

function html(columns: readonly Column<Row>[]): string {
  return renderToStaticMarkup(
    createElement(DataTable<Row>, {
      label: 'Grants',
      columns,
      rows,
      rowKey: ({ id }) => id,
      isFaded: ({ over }) => over,
    }),
  );
}

const headersOf = (text: string) => [...text.matchAll(/<th .*?<\/th>/g)].map(([header]) => header);

describe('a table', () => {
  it('names itself and keeps its roles', () => {
    const text = html(base);
    expect(text).toContain('<table role="table" aria-label="Grants"');
    expect(text.match(/role="columnheader"/g)).toHaveLength(3);
    expect(text.match(/role="row"/g)).toHaveLength(3);
    expect(text.match(/role="cell"/g)).toHaveLength(6);
  });

  it('fades what is over', () => {
    const [, first, second] = html(base).split('<tr ').slice(1);
    expect(first).not.toContain('text-faint');
    expect(second).toContain('text-faint');
  });

  it('repeats the header in a card, hidden from screen readers, but not for the title and the buttons', () => {
    const repeated = [...html(base).matchAll(/<span aria-hidden="true"[^>]*>(\w+)<\/span>/g)].map(
      ([, header]) => header,
    );
    expect(repeated).toEqual(['State', 'State']);
  });
});

describe('a header', () => {
  it('that does not sort is no button and says nothing of an order', () => {
    for (const header of headersOf(html(base))) {
      expect(header).not.toContain('<button');
      expect(header).not.toContain('aria-sort');
    }
  });

  it.each([
    [undefined, 'none'],
    ['ascending', 'ascending'],
    ['descending', 'descending'],
  ] as const)('that sorts (%s) is a button and says %s', (sorted, says) => {
    const [name, ...others] = base;
    const [header = ''] = headersOf(html([{ ...name!, onSort: () => undefined, sorted }, ...others]));
    expect(header).toContain(`aria-sort="${says}"`);
    expect(header).toContain('<button type="button"');
  });

  it('of buttons is there for screen readers', () => {
    expect(headersOf(html(base))[2]).toMatch(/sr-only.*Actions/);
  });

  it('that sorts stays in sight on a phone; without one the whole head is for screen readers', () => {
    expect(html(base)).toMatch(/<thead [^>]*max-sm:sr-only/);
    const [name, ...others] = base;
    expect(html([{ ...name!, onSort: () => undefined }, ...others])).not.toMatch(/<thead [^>]*max-sm:sr-only/);
  });
});
