import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Dialer } from './dial.ts';
import { partitions } from './endpoints/partitions.ts';
import { readXml } from './operations/read-xml.ts';
import { isObject, type Tree } from './operations/tree.ts';
import type { RecordEndpoint } from './ports.ts';
import type { RawRequest } from './sigv4/request.ts';
import { type RecordKey, resign } from './sigv4/resign.ts';
import { wayTo } from './way.ts';

/** Keys as a record holds them, and where they are for. */
export type KeysToCheck = { key: RecordKey; partition: string; endpoint?: RecordEndpoint };

/** Whose keys they are, or why that cannot be said: `InvalidClientTokenId`, or a code of the connection. */
export type CallerIdentity = { ok: true; account: string; arn: string } | { ok: false; problem: string };

export type IdentityTools = { dialer: Dialer; now(): Date; signal: AbortSignal };

const form = 'Action=GetCallerIdentity&Version=2011-06-15';
const maxAnswerBytes = 64 * 1024;

/** Asks AWS whose keys these are (`sts:GetCallerIdentity`), by the same way that calls take. Never rejects. */
export async function callerIdentity(
  keys: KeysToCheck,
  { dialer, now, signal }: IdentityTools,
): Promise<CallerIdentity> {
  const partition = partitions.find(({ id }) => id === keys.partition);
  const [region] = partition?.globalRegions ?? [];
  if (!partition || region === undefined) return { ok: false, problem: 'unknown_partition' };
  const host = `sts.${region}.${partition.suffixes[0]}`;
  const way = wayTo({ host }, '/', keys.endpoint);
  const request: RawRequest = {
    method: 'POST',
    target: '/',
    headers: [['content-type', 'application/x-www-form-urlencoded; charset=utf-8']],
  };
  const hash = createHash('sha256').update(form).digest('hex');
  const destination = { host: way.host, target: way.target, region, service: 'sts', key: keys.key };
  try {
    const signed = await resign(request, { mode: 'absent', hash }, destination, {
      now: now(),
      bodyLength: form.length,
    });
    const sending = dialer.open(way.route, { method: 'POST', target: signed.target, headers: signed.headers });
    const cut = () => sending.destroy(new Error('No answer in time'));
    signal.addEventListener('abort', cut, { once: true });
    sending.end(form);
    const [answer]: IncomingMessage[] = await once(sending, 'response');
    const text = answer ? await textOf(answer) : undefined;
    signal.removeEventListener('abort', cut);
    return text === undefined ? { ok: false, problem: 'unreadable' } : identityIn(text);
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    return { ok: false, problem: code ?? (name === 'PrivateAddress' ? 'private_address' : 'unreachable') };
  }
}

async function textOf(answer: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxAnswerBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function identityIn(text: string): CallerIdentity {
  const read = readXml(text);
  const [arn, account, code] = ['Arn', 'Account', 'Code'].map((name) => read && find(read.tree, name));
  if (arn !== undefined && account !== undefined)
    return { ok: true, arn: arn.slice(0, 2048), account: account.slice(0, 64) };
  return { ok: false, problem: code !== undefined && /^[\w.]{1,128}$/.test(code) ? code : 'unreadable' };
}

function find(tree: Tree, name: string): string | undefined {
  if (Array.isArray(tree) || !isObject(tree)) return undefined;
  const own = tree[name];
  if (typeof own === 'string') return own;
  for (const value of Object.values(tree)) {
    const found = find(value, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
