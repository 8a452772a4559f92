// Contract: whatever shape a screen has, all its columns and rows are within the picture, and it is as large as that allows.
import { expect, test } from 'vitest';
import { fontSizeFor, frame } from './picture-size.ts';

test.each([
  { columns: 80, rows: 24 },
  { columns: 200, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 45, rows: 44 },
  { columns: 1, rows: 1 },
])('$columns by $rows', ({ columns, rows }) => {
  const size = Number.parseFloat(fontSizeFor({ columns, rows }));
  const width = columns * size * 0.61;
  const height = rows * size * frame.lineHeight;
  expect(width).toBeLessThanOrEqual(96.1);
  expect(height).toBeLessThanOrEqual(52.35);
  expect(width > 95.9 || height > 52.15, 'fills the picture in one direction').toBe(true);
});
