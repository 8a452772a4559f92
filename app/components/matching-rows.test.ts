// Contract: a search finds the rows in which every word occurs, as people type: any case, any order, without accents.

import { expect, it } from 'vitest';
import { matchingRows } from './matching-rows.ts';

const rows = ['Build server Zürich', 'Orders database', 'Payroll archive, ZÜRICH'];
const found = (query: string) => matchingRows(rows, query, (row) => row);

it('finds every word in any order and case', () => {
  expect(found('zürich build')).toEqual([rows[0]]);
  expect(found('ZÜRICH')).toEqual([rows[0], rows[2]]);
  expect(found('order zürich')).toEqual([]);
});

it('forgives missing accents, however they are composed', () => {
  expect(found('zurich')).toHaveLength(2);
  expect(found('zu\u0308rich')).toHaveLength(2);
});

it('gives everything for an empty search', () => {
  expect(found('   ')).toBe(rows);
});

it('takes the query as text, not as a pattern', () => {
  expect(found('.*')).toEqual([]);
  expect(found('(')).toEqual([]);
});
