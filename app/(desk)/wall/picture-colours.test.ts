// Contract: a picture has the colours that a terminal would draw, and nothing that a host wrote gets into a style but a colour.
import { expect, test } from 'vitest';
import { runStyle } from './picture-colours.ts';

const run = (style: Parameters<typeof runStyle>[0] extends infer R ? Partial<R> : never) =>
  runStyle({ text: 'x', ...style });

test.each([
  [1, '#f47067'],
  [15, '#f6f8fa'],
  [16, 'rgb(0 0 0)'],
  [196, 'rgb(255 0 0)'],
  [231, 'rgb(255 255 255)'],
  [232, 'rgb(8 8 8)'],
  [255, 'rgb(238 238 238)'],
  [256, undefined],
  ['#0a0B0c', '#0a0B0c'],
])('the colour %s is drawn as %s', (fg, color) => {
  expect(run({ fg }).color).toBe(color);
});

test.each(['red;background:url(https://evil.example)', 'url(x)', '#12345', '', 'var(--x)'])('%s is no colour', (fg) => {
  expect(run({ fg, bg: fg })).toEqual({ color: undefined, backgroundColor: undefined });
});

test('inverse swaps the two, also those that are not named', () => {
  expect(run({ fg: 1, bg: 2, inverse: true })).toEqual({ color: '#6bc46d', backgroundColor: '#f47067' });
  expect(run({ inverse: true, bold: true })).toEqual({
    color: '#0b0d10',
    backgroundColor: '#dfe3e8',
    fontWeight: 700,
  });
});
