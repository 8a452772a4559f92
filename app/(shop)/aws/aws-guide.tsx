'use client';

import { Cloud } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { MadeToken } from '#app/components/api-tokens/make-token-form.tsx';
import { ProxyCertificate, type ShownCertificate } from '#app/components/api-tokens/proxy-certificate.tsx';
import type { ListedToken } from '#app/components/api-tokens/token-columns.tsx';
import { TokensSection } from '#app/components/api-tokens/tokens-section.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { makeToken, revokeToken } from './actions.ts';
import { FirstCall } from './first-call.tsx';
import { MyRecords, type UsableRecord } from './my-records.tsx';
import { WaysSection } from './ways-section.tsx';

type AwsGuideProps = {
  records: readonly UsableRecord[];
  tokens: readonly ListedToken[];
  certificate: ShownCertificate | null;
  /** `http://gateway.example.org:8081`. */
  proxy: string;
  hasMasterPassword: boolean;
  now: Date;
};

/** From a record to a call that works: which record, which token, which certificate, which lines, and whether it worked. */
export function AwsGuide({ records, tokens, certificate, proxy, hasMasterPassword, now }: AwsGuideProps) {
  const [made, setMade] = useState<MadeToken>();
  if (records.length === 0) {
    return (
      <EmptyState icon={Cloud} title="No AWS records for you yet">
        Ask an administrator for a grant on one. Then this page shows the lines to paste.
      </EmptyState>
    );
  }
  const living = tokens.filter(({ revokedAt, expiresAt }) => !revokedAt && expiresAt > now);
  return (
    <ol className="grid grid-cols-[minmax(0,1fr)] gap-10">
      <Step number={1} title="The records that you may use">
        <MyRecords records={records} />
      </Step>
      <Step number={2} title="A token for your programs">
        <TokensSection
          tokens={living}
          records={records}
          hasMasterPassword={hasMasterPassword}
          now={now}
          make={makeToken}
          revoke={revokeToken}
          onMade={setMade}
        />
      </Step>
      <Step number={3} title="The proxy’s certificate">
        <p className="mb-3 max-w-prose text-muted">
          Your programs believe the proxy by it. It can speak for names of AWS alone, so that it endangers nothing else.
        </p>
        <ProxyCertificate certificate={certificate} />
      </Step>
      <Step number={4} title="The lines to paste">
        <WaysSection records={records} tokens={living} made={made} proxy={proxy} />
      </Step>
      <Step number={5} title="Does it work?">
        <FirstCall tokens={living} made={made} />
      </Step>
    </ol>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  const id = `step-${number}`;
  return (
    <li aria-labelledby={id}>
      <h2 id={id} className="mb-2 text-lg font-semibold">
        <span className="mr-2 text-faint tabular-nums">{number}</span>
        {title}
      </h2>
      {children}
    </li>
  );
}
