import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { DemoFile } from '../../../server/demo/demo-file.ts';

/** The AWS CLI of this machine, if it has one. */
export const awsCli = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)]
  .map((folder) => join(folder, 'aws'))
  .find((path) => existsSync(path));

export type Said = { code: number; stdout: string; stderr: string };

/** The `aws` of a person who pasted the lines that `demo.json` stands for. `more` wins over them. */
export function cliOf({ aws }: DemoFile, home: string, more: Record<string, string> = {}) {
  if (!aws || !awsCli) throw new Error('There is no AWS to call, or nothing to call it with.');
  const program = awsCli;
  const env = {
    NODE_ENV: 'production' as const,
    PATH: process.env.PATH,
    HOME: home,
    HTTPS_PROXY: aws.proxy,
    AWS_CA_BUNDLE: aws.caFile,
    AWS_ACCESS_KEY_ID: `${aws.tokenId}#${aws.record}`,
    AWS_SECRET_ACCESS_KEY: aws.secret,
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    ...more,
  };
  /** Never rejects for how it went. `child` can be looked at, or killed, while it runs. */
  return (...args: string[]): { child: ChildProcess; said: Promise<Said> } => {
    let settle: (said: Said) => void = () => undefined;
    const said = new Promise<Said>((resolve) => {
      settle = resolve;
    });
    const child = execFile(program, args, { cwd: home, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
      settle({ code, stdout, stderr });
    });
    return { child, said };
  };
}
