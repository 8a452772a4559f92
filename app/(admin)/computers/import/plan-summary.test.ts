// Whoever looks at an import reads in one sentence what would happen and what to do next.
import { describe, expect, test } from 'vitest';
import { matchesFilter, summaryOf } from './plan-summary.ts';

const rowsOf = (...verdicts: ('add' | 'there' | 'wrong')[]) => verdicts.map((verdict) => ({ verdict }));

describe('a summary', () => {
  test.each([
    [rowsOf('add'), 'One computer is new. Nothing has been changed so far.'],
    [rowsOf('add', 'add'), '2 computers are new. Nothing has been changed so far.'],
    [
      rowsOf('add', 'there'),
      'One computer is new. One line is there already and stays as it is. Nothing has been changed so far.',
    ],
    [
      rowsOf('add', 'add', 'there', 'there'),
      '2 computers are new. 2 lines are there already and stay as they are. Nothing has been changed so far.',
    ],
    [rowsOf('there', 'there'), 'Every computer of this file is there already. There is nothing to import.'],
    [rowsOf('add', 'wrong'), 'One line is wrong, so nothing can be imported yet. Mend the file and choose it again.'],
    [
      rowsOf('there', 'wrong', 'wrong'),
      '2 lines are wrong, so nothing can be imported yet. Mend the file and choose it again. One line is there already and stays as it is.',
    ],
  ])('%#', (rows, sentence) => {
    expect(summaryOf(rows).sentence).toBe(sentence);
  });

  test('counts', () => {
    expect(summaryOf(rowsOf('add', 'there', 'wrong', 'wrong'))).toMatchObject({ all: 4, add: 1, there: 1, wrong: 2 });
  });
});

test('a filter shows its own, and all shows all', () => {
  const rows = rowsOf('add', 'there', 'wrong');
  expect(rows.filter((row) => matchesFilter(row, 'all'))).toHaveLength(3);
  expect(rows.filter((row) => matchesFilter(row, 'there'))).toEqual([{ verdict: 'there' }]);
});
