import { ChildProblem, runAsChild } from '../child-process.ts';

/** A child for tests. It finds in `listen` what is to go wrong with it, and tells on standard output what it did. */
runAsChild({
  name: 'fixture',
  stopWithinMs: 300,
  onRejection: process.argv[2] === 'log' ? 'log' : 'exit',
  start: async ({ listen: scenario }, { giveUp }) => {
    const say = (text: string) => process.stdout.write(`${text}\n`);
    if (scenario === 'problem') throw new ChildProblem('Please do this.');
    if (scenario === 'throws') throw new Error('broken while starting');
    if (scenario === 'slow start') await new Promise((resolve) => setTimeout(resolve, 200));
    if (scenario === 'gives up') setTimeout(() => giveUp('cannot go on'), 20);
    if (scenario === 'exception') {
      setTimeout(() => {
        throw new Error('nobody expected');
      }, 20);
    }
    if (scenario === 'rejection') setTimeout(() => void Promise.reject(new Error('nobody awaited')), 20);
    return {
      port: 4711,
      onChildren: (children) => say(`children ${children.map(({ name }) => name)}`),
      stop: async () => {
        say('stopping');
        if (scenario === 'hangs') await new Promise(() => undefined);
        if (scenario === 'stop throws') throw new Error('broken while stopping');
      },
    };
  },
});
