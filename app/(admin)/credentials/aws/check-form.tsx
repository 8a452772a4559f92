'use client';

import { useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { useAction } from '#app/components/use-action.ts';
import { checkRecord } from './actions.ts';
import type { AwsRecord } from './aws-record.ts';

type Check = { works: true; account: string; arn: string } | { works: false; problem: string };

/** Asks once whose the keys of a record are, and says what was answered. */
export function CheckForm({ record, onDone }: { record: AwsRecord; onDone: () => void }) {
  const [check, setCheck] = useState<Check>();
  const { run, ...state } = useAction(checkRecord, { onDone: setCheck });
  const start = () => {
    setCheck(undefined);
    run({ credentialId: record.credentialId });
  };
  return (
    <Form {...state} submitLabel={check ? 'Check again' : 'Check keys'} onCancel={onDone} onSubmit={start}>
      <p className="text-muted">
        Sallyport asks {record.endpointUrl ?? 'AWS'} whose keys these are (sts:GetCallerIdentity). It changes nothing
        there.
      </p>
      {check?.works && (
        <Banner tone="ok" title={`They are of the account ${check.account}`}>
          <span className="break-all">{check.arn}</span>
        </Banner>
      )}
      {check && !check.works && (
        <Banner tone="danger" title="The keys did not work">
          {check.problem}
        </Banner>
      )}
    </Form>
  );
}
