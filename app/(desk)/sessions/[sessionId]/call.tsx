import type { ReactNode } from 'react';
import { Badge } from '#app/components/ui/badge.tsx';
import { Time } from '#app/components/ui/time.tsx';
import type { CallRow } from '#server/portal.ts';
import { jsonLines, plainText } from '#server/protocol/plain-text.ts';
import { bytesText } from '../session-labels.ts';
import { answerLabel, operationText } from './call-groups.ts';

/** One call: what it did to what, and how it came out; the rest on demand. */
export function Call({ call }: { call: CallRow }) {
  const { tone, text } = answerLabel(call);
  const { resource, region, startedAt, finishedAt, bytesOut, bytesIn, isRepeat, refusal } = call;
  return (
    <li className="grid gap-1 px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <span className="font-medium wrap-anywhere">{operationText(call)}</span>
        <span className="flex flex-wrap gap-1.5">
          {isRepeat && <Badge tone="warn">Seen before</Badge>}
          <Badge tone={tone}>{text}</Badge>
        </span>
      </div>
      {resource !== null && <p className="font-mono text-xs break-all text-muted">{plainText(resource)}</p>}
      <p className="flex flex-wrap gap-x-4 text-muted tabular-nums">
        <Time at={startedAt} evidence />
        <span>{plainText(region)}</span>
        {refusal === null && (
          <span>
            {bytesText(bytesOut)} received, {bytesText(bytesIn)} sent
          </span>
        )}
        {refusal === null && finishedAt && <span>{finishedAt.getTime() - startedAt.getTime()} ms</span>}
      </p>
      <Details call={call} />
    </li>
  );
}

function Details({ call }: { call: CallRow }) {
  const { id, startedAt, finishedAt, route, host, method, path, parameters, address, userAgent, awsRequestId } = call;
  return (
    <details>
      <summary className="w-fit rounded text-muted hover:text-ink pointer-coarse:py-2">
        Details<span className="sr-only"> of {operationText(call)}</span>
      </summary>
      <dl className="mt-2 grid gap-2 rounded-md border border-line bg-sunken p-3 text-xs">
        <Fact name="Parameters, without what is secret">
          <pre className="whitespace-pre-wrap">{jsonLines(parameters)}</pre>
        </Fact>
        <Fact name="Request">
          {plainText(method)} {plainText(path)} at {plainText(host)}
        </Fact>
        <Fact name="Request id, as its program was told">{id}</Fact>
        <Fact name="Request id of AWS">{awsRequestId === null ? 'none' : plainText(awsRequestId)}</Fact>
        <Fact name="Began, ended (UTC)">
          {startedAt.toISOString()}, {finishedAt?.toISOString() ?? 'not yet'}
        </Fact>
        <Fact name="From">
          {address === null ? 'not known' : plainText(address)},{' '}
          {route === 'proxy' ? 'by the proxy' : 'by the endpoint URL'}
        </Fact>
        <Fact name="Program, as it says">{userAgent === null ? 'nothing' : plainText(userAgent)}</Fact>
      </dl>
    </details>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="font-medium text-muted">{name}</dt>
      <dd className="font-mono break-all">{children}</dd>
    </div>
  );
}
