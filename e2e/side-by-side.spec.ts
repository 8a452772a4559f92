/**
 * Two demos run side by side on one machine, each with its own port, people and data. Stopping them leaves no process.
 */
import { Stack, untilGone } from './stack.ts';
import { expect, test } from './test.ts';
import { signInOverHttp } from './testbed/visitor.ts';

test('two demos do not notice each other and leave nothing running', async () => {
  const both = await Promise.all([Stack.start(), Stack.start()]);
  try {
    const [first, second] = both as [Stack, Stack];
    expect(first.port).not.toBe(second.port);
    const [one, other] = both.map(({ demo }) => demo.people.find(({ role }) => role === 'user'));
    await signInOverHttp(first.baseUrl, one!);
    await signInOverHttp(second.baseUrl, other!);
    await expect(signInOverHttp(first.baseUrl, other!)).rejects.toThrow('401');

    const processes = (await Promise.all(both.map((stack) => stack.processes()))).flat();
    expect(processes.length).toBeGreaterThanOrEqual(8);
    await Promise.all(both.map((stack) => stack.stop()));
    await untilGone(processes);
    for (const { baseUrl } of both) await expect(fetch(baseUrl)).rejects.toThrow();
  } finally {
    await Promise.all(both.map((stack) => stack.stop()));
  }
});
