import type { RawRequest } from '../sigv4/request.ts';
import { valuesOf } from './heads.ts';

const forms = /(?:^|\s)(?:md\/command#|command\/)([a-z0-9-]+(?:\.[a-z0-9-]+){0,3})(?=\s|$)/i;

/**
 * The command of the AWS CLI that a request came from, `ec2 describe-instances`. The user agent is not signed, so it is a hint for a
 * timeline and for nothing else. Older releases write `command/ec2.describe-instances`, newer ones `md/command#ec2.describe-instances`.
 */
export function commandOf({ headers }: RawRequest): string | undefined {
  const agent = valuesOf(headers, 'user-agent').join(' ').slice(0, 2048);
  return forms.exec(agent)?.[1]?.replaceAll('.', ' ').toLowerCase();
}
