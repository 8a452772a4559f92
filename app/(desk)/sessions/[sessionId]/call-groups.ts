import { plainText } from '#server/protocol/plain-text.ts';
import type { Label } from '../session-labels.ts';

type Grouped = { id: string; command: string | null };

/** Calls in their order, those of one command that follow each other together. A call of no command is by itself. */
export function groupByCommand<C extends Grouped>(
  calls: readonly C[],
): { key: string; command: string | null; calls: C[] }[] {
  const groups: { key: string; command: string | null; calls: C[] }[] = [];
  for (const call of calls) {
    const last = groups.at(-1);
    if (last && last.command === call.command) last.calls.push(call);
    else groups.push({ key: call.id, command: call.command, calls: [call] });
  }
  return groups;
}

type Answered = {
  refusal: string | null;
  finishedAt: Date | null;
  status: number | null;
  problem: string | null;
};

const problems: Record<string, string> = {
  client_gone: 'The program went away',
  access_ended: 'Cut: access ended',
  upstream: 'AWS did not answer',
  not_known: 'End not known',
};

/** How a call came out, in a word or two. */
export function answerLabel({ refusal, finishedAt, status, problem }: Answered): Label {
  if (refusal !== null) return { tone: 'danger', text: `Refused: ${inWords(refusal)}` };
  if (finishedAt === null) return { tone: 'accent', text: 'Under way' };
  if (problem !== null) return { tone: 'danger', text: problems[problem] ?? `Failed: ${inWords(problem)}` };
  if (status === null) return { tone: 'danger', text: 'No answer' };
  return { tone: status < 400 ? 'ok' : 'warn', text: String(status) };
}

function inWords(code: string): string {
  return plainText(code).replaceAll('_', ' ');
}

/** `s3:GetObject`, or by what it was asked for where it has no name. */
export function operationText({
  service,
  operation,
  method,
  path,
}: {
  service: string;
  operation: string | null;
  method: string;
  path: string;
}): string {
  return plainText(operation === null ? `${service}: ${method} ${path}` : `${service}:${operation}`);
}
