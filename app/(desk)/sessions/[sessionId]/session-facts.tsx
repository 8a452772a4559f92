import type { ReactNode } from 'react';
import { detailBeyond } from '#app/components/terminal-view/session-view.ts';
import { durationText } from '#app/components/ui/moment-text.ts';
import { Time } from '#app/components/ui/time.tsx';
import type { SessionDetail } from '#server/portal.ts';
import type { CredentialKind } from '#server/protocol/session-words.ts';
import { bytesText, endText, lastedMs, recordingRuleText } from '../session-labels.ts';

/** Who, what, when, under which terms, and how it ended: the facts as the database keeps them. */
export function SessionFacts({ session, now }: { session: SessionDetail; now: Date }) {
  const { person, target, mode, policy, token } = session;
  const isOfCalls = mode === 'AWS';
  const lasted = lastedMs(session, now);
  return (
    <dl className="grid gap-x-8 gap-y-4 rounded-lg border border-line bg-surface p-5 shadow-soft sm:grid-cols-2 lg:grid-cols-3">
      <Fact name="Person">
        {person.name} <span className="block text-sm text-muted">{person.email}</span>
      </Fact>
      <Fact name={isOfCalls ? 'Record' : 'Computer'}>
        {target} <span className="block text-sm text-muted">{mode}</span>
      </Fact>
      {token && <Fact name="API token">{token.name}</Fact>}
      <Fact name="Duration">{lasted === undefined ? 'Never opened' : durationText(lasted)}</Fact>
      <Moment name="Requested" at={session.requestedAt} />
      <Moment name="Opened" at={session.openedAt} />
      <Moment name="Ended" at={session.endedAt} />
      <Fact name="Policy">
        {policy.name}
        <span className="block text-sm text-muted">
          {isOfCalls ? 'Its AWS rules are asked about each call.' : policyText(policy)}
        </span>
      </Fact>
      {session.termsVersion !== null && (
        <Fact name="Terms">
          Version {session.termsVersion}
          <span className="block font-mono text-xs break-all text-muted">SHA-256 {session.termsSha256}</span>
        </Fact>
      )}
      {session.apiUrl && (
        <Fact name="Credential">
          {credentialText[session.credentialKind]}
          <span className="block font-mono text-xs break-all text-muted">{session.apiUrl}</span>
        </Fact>
      )}
      <Fact name="Traffic">
        {bytesText(session.bytesOut)} {isOfCalls ? 'received' : 'shown'}
        <span className="block text-sm text-muted">
          {bytesText(session.bytesIn)} {isOfCalls ? 'sent' : 'typed'}
        </span>
      </Fact>
      {session.exitStatus !== null && (
        <Fact name="Exit status">
          <span className="font-mono">{session.exitStatus}</span>
        </Fact>
      )}
      {session.targetClosedMs !== null && (
        <Fact name="Connection to the computer">
          Closed <span className="tabular-nums">{session.targetClosedMs} ms</span> after the end
        </Fact>
      )}
      {session.endReason && <WhyEnded sentence={endText(mode, session.endReason)} detail={session.endDetail} />}
    </dl>
  );
}

const credentialText: Record<CredentialKind, string> = {
  shared: 'Shared',
  personal: 'Their own',
  external: 'Of another identity system',
};

function WhyEnded({ sentence, detail }: { sentence: string; detail: string | null }) {
  const more = detailBeyond(sentence, detail);
  return (
    <Fact name="Why it ended" wide>
      {sentence}
      {more && <span className="mt-1 block text-sm text-muted">{more}</span>}
    </Fact>
  );
}

function Fact({ name, wide, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={wide ? 'col-span-full' : 'min-w-0'}>
      <dt className="text-xs font-medium text-muted">{name}</dt>
      <dd className="mt-0.5 wrap-anywhere">{children}</dd>
    </div>
  );
}

function Moment({ name, at }: { name: string; at: Date | null }) {
  return (
    <Fact name={name}>{at ? <Time at={at.toISOString()} evidence /> : <span className="text-faint">–</span>}</Fact>
  );
}

function policyText(policy: SessionDetail['policy']): string {
  const may = [policy.allowCopy && 'copy', policy.allowPaste && 'paste'].filter(Boolean);
  const clipboard = may.length > 0 ? `May ${may.join(' and ')}` : 'No copy, no paste';
  return [`${recordingRuleText(policy.recording)}. ${clipboard}.`, ...limitTexts(policy)].join(' ');
}

function limitTexts({ limits }: SessionDetail['policy']): string[] {
  if (!limits) return [];
  const { idleTimeoutMinutes: idle, maxDurationMinutes: most, graceSeconds } = limits;
  return [
    idle !== null && `Ends after ${idle} minutes without a key.`,
    most !== null && `Lasts ${most} minutes at most.`,
    graceSeconds > 0 ? `Waits ${graceSeconds} s for a browser.` : 'Ends with its browser.',
  ].filter((text) => text !== false);
}
