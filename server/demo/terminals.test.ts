// Contract: an sshd of an ordinary user can hand out terminals only where the system gives them to the group tty. Where
// it does not, the reason comes with the command that mends it; root, and machines we know nothing of, hear nothing.
import { expect, it } from 'vitest';
import { terminalProblem } from './terminals.ts';

const ordinary = { isRoot: false, ttyGroup: '5' };
const mounts = (options: string) => `proc /proc proc rw 0 0\ndevpts /dev/pts devpts ${options} 0 0\n`;

it.each([
  ['Debian mounts it', mounts('rw,nosuid,gid=5,mode=620,ptmxmode=000'), ordinary],
  ['root may change owners', mounts('rw,mode=600'), { ...ordinary, isRoot: true }],
  ['there is no group tty', mounts('rw,mode=600'), { isRoot: false, ttyGroup: '' }],
  ['nothing is known of mounts', '', ordinary],
  ['a later mount covers the first', mounts('rw,mode=600') + mounts('rw,gid=5,mode=620'), ordinary],
])('finds nothing wrong where %s', (_, text, who) => {
  expect(terminalProblem(text, who)).toBeUndefined();
});

it.each([mounts('rw,relatime,mode=600,ptmxmode=000'), mounts('rw,gid=55,mode=620')])(
  'names the mend for %j',
  (text) => {
    expect(terminalProblem(text, ordinary)).toContain('mount -o remount,gid=5,mode=620 /dev/pts');
  },
);
