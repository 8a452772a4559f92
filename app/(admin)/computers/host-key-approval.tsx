'use client';

import { useEffect, useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Progress } from '#app/components/ui/progress.tsx';
import { useAction } from '#app/components/use-action.ts';
import { approveHostKey, readHostKey } from './actions.ts';
import { addressOf } from './address.ts';

type Shown = { server: string; port: number; keyType: string; fingerprint: string };

type HostKeyApprovalProps = { computerId: number; server: string; onDone: () => void };

/** Asks a server for its key, shows the fingerprint, and pins it once an administrator says that it is right. */
export function HostKeyApproval({ computerId, server, onDone }: HostKeyApprovalProps) {
  const [shown, setShown] = useState<Shown>();
  const [problem, setProblem] = useState<string>();
  const { run, ...state } = useAction(approveHostKey, { done: 'The host key is pinned.', onDone });

  useEffect(() => {
    let isGone = false;
    readHostKey({ computerId, server }).then(
      (result) => {
        if (isGone) return;
        if (result.ok) setShown(result.value);
        else setProblem(result.message);
      },
      () => isGone || setProblem('Sallyport did not answer. Check your connection and try again.'),
    );
    return () => {
      isGone = true;
    };
  }, [computerId, server]);

  if (problem) return <Unreadable problem={problem} onDone={onDone} />;
  if (!shown) return <Progress label="Asking the computer for its host key…" />;
  return (
    <Form
      {...state}
      submitLabel="It matches, pin it"
      onCancel={onDone}
      onSubmit={() => run({ computerId, server, fingerprint: shown.fingerprint })}
    >
      <dl className="grid gap-2 rounded-lg border border-line bg-sunken p-3">
        <dt className="text-sm text-muted">
          {addressOf(shown)} shows a key of type {shown.keyType}
        </dt>
        <dd className="font-mono text-sm break-all">{shown.fingerprint}</dd>
      </dl>
      <p className="text-muted">
        Compare it with what the computer itself prints, over a way you trust. From then on only this key is accepted.
        Secrets that were entered for another key of this address wait until another administrator confirms them.
      </p>
      <pre className="overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-sm">
        ssh-keygen -lf /etc/ssh/ssh_host_{fileWord(shown.keyType)}_key.pub
      </pre>
    </Form>
  );
}

function Unreadable({ problem, onDone }: { problem: string; onDone: () => void }) {
  return (
    <div className="grid gap-4">
      <Banner tone="danger">{problem}</Banner>
      <div className="flex justify-end">
        <Button onClick={onDone}>Close</Button>
      </div>
    </div>
  );
}

// How OpenSSH names the file of a host key of this type.
function fileWord(keyType: string): string {
  return ['ed25519', 'ecdsa', 'rsa'].find((word) => keyType.includes(word)) ?? 'ed25519';
}
