import { readFileSync } from 'node:fs';

const devpts = '/dev/pts';

/**
 * Why an sshd that is not root's cannot hand out terminals on this machine; `undefined` where it can. It may not change
 * the owner of a terminal, so the system must make terminals of the group `tty`, as Debian does where it boots itself.
 */
export function terminalProblem(
  mounts = readMounts(),
  { isRoot = process.getuid?.() === 0, ttyGroup = readTtyGroup() } = {},
): string | undefined {
  const options = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, place]) => place === devpts)?.[3];
  if (isRoot || options === undefined || ttyGroup === '') return undefined;
  if (options.split(',').includes(`gid=${ttyGroup}`)) return undefined;
  return `sessions will end at once: terminals of this machine do not belong to the group tty. Please run as root: mount -o remount,gid=${ttyGroup},mode=620 ${devpts}`;
}

function readMounts(): string {
  return readIfThere('/proc/self/mounts');
}

function readTtyGroup(): string {
  return /^tty:[^:]*:(\d+):/m.exec(readIfThere('/etc/group'))?.[1] ?? '';
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // Not Linux: nothing is known, and nothing is said.
  }
}
