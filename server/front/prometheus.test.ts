/** Contract: what is told is the text format 0.0.4 of Prometheus, whatever a label says; buckets are cumulative. */
import { expect, it } from 'vitest';
import { Counter, Histogram, render } from './prometheus.ts';

it('tells help and type once, then a line for each sample', () => {
  const samples = [{ labels: { mode: 'SSH', state: 'active' }, value: 2 }, { value: 0.5 }];
  expect(render([{ name: 'a', help: 'Of this.', type: 'gauge', samples }])).toBe(
    '# HELP a Of this.\n# TYPE a gauge\na{mode="SSH",state="active"} 2\na 0.5\n',
  );
});

it('says nothing of what has no samples', () => {
  expect(render([{ name: 'a', help: '', type: 'counter', samples: [] }])).toBe('');
});

it('keeps a label from adding lines, labels or values of its own', () => {
  const labels = { code: 'x"} 1\nevil{a="\\' };
  expect(render([{ name: 'a', help: 'one\ntwo \\', type: 'counter', samples: [{ labels, value: 1 }] }])).toBe(
    '# HELP a one\\ntwo \\\\\n# TYPE a counter\na{code="x\\"} 1\\nevil{a=\\"\\\\"} 1\n',
  );
});

it.each([
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [1e21, '1e+21'],
])('writes %d as it is read', (value, text) => {
  expect(render([{ name: 'a', help: 'b', type: 'gauge', samples: [{ value }] }])).toContain(`\na ${text}\n`);
});

it('counts each set of labels by itself', () => {
  const counter = new Counter();
  for (const code of ['a', 'b', 'a']) counter.add({ code });
  expect(counter.samples()).toEqual([
    { labels: { code: 'a' }, value: 2 },
    { labels: { code: 'b' }, value: 1 },
  ]);
});

it('counts what was measured into every bucket that holds it', () => {
  const histogram = new Histogram([0.01, 0.1]);
  for (const ms of [5, 10, 50, 5_000]) histogram.observeMs(ms);
  expect(
    render([{ name: 'a', help: 'b', type: 'histogram', samples: histogram.samples() }])
      .split('\n')
      .slice(2),
  ).toEqual(['a_bucket{le="0.01"} 2', 'a_bucket{le="0.1"} 3', 'a_bucket{le="+Inf"} 4', 'a_sum 5.065', 'a_count 4', '']);
});
