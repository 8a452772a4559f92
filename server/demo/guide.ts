import type { DemoFile } from './demo-file.ts';

/** What a person reads in the terminal once the demo is up: who to be, and what to click. */
export function demoGuide({ people }: Pick<DemoFile, 'people'>, notices: string[]): string {
  const width = Math.max(...people.map(({ email }) => email.length));
  const secretWidth = Math.max(...people.map(({ password }) => password.length));
  const rows = people.map(
    ({ role, email, password, masterPassword }) =>
      `  ${role.padEnd(9)}  ${email.padEnd(width)}  ${password.padEnd(secretWidth)}  ${masterPassword}`,
  );
  return [
    '',
    `  ${'sign in as'.padEnd(9)} ${'email'.padEnd(width)}  ${'password'.padEnd(secretWidth)}  master password`,
    ...rows,
    '',
    '  1. As user: click Connect on "Build server", enter the master password, and work.',
    '     "Orders database" is locked down, access to "Payroll archive" has ended, "Old mail server" is down.',
    '  2. As auditor: open Sessions and play what happened.',
    '  3. As admin: revoke a grant while the session runs.',
    ...notices.map((notice) => `\n  Note: ${notice}`),
    '',
    '  Ctrl-C stops it. The next start keeps these people and passwords.',
  ].join('\n');
}
