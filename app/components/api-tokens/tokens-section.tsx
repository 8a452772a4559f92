'use client';

import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { CopyField } from '#app/components/ui/copy-field.tsx';
import { DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ActionResult } from '../action-result.ts';
import { type MadeToken, type MakeToken, MakeTokenForm } from './make-token-form.tsx';
import { RevokeToken } from './revoke-token.tsx';
import { type ListedToken, tokenColumns, tokenState } from './token-columns.tsx';

type TokensSectionProps = {
  tokens: readonly ListedToken[];
  records: readonly { credentialId: string; name: string; number: number }[];
  hasMasterPassword: boolean;
  now: Date;
  make: MakeToken;
  revoke: (input: { apiTokenId: string }) => Promise<ActionResult<unknown>>;
  /** Told of a new one with its secret, which is to be had only now. */
  onMade?: (token: MadeToken) => void;
};

/** A person's own tokens: made here, shown once, revoked here. */
export function TokensSection({ tokens, records, hasMasterPassword, now, make, revoke, onMade }: TokensSectionProps) {
  const making = useDialog<true>();
  const revoking = useDialog<ListedToken>();
  const [made, setMade] = useState<MadeToken>();
  const open = () => {
    setMade(undefined);
    making.show(true);
  };
  const add = (
    <Button
      look={tokens.length === 0 ? 'primary' : 'secondary'}
      icon={Plus}
      onClick={open}
      disabled={!hasMasterPassword}
    >
      Make a token
    </Button>
  );
  return (
    <>
      {!hasMasterPassword && (
        <Banner tone="warn">A token stands for your master password. Set one in your profile first.</Banner>
      )}
      {tokens.length === 0 ? (
        <EmptyState icon={KeyRound} title="No tokens yet" action={add}>
          With a token your programs call AWS as you may, without its keys.
        </EmptyState>
      ) : (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <DataTable
            label="My tokens"
            columns={tokenColumns({ now, revoke: revoking.show })}
            rows={tokens}
            rowKey={({ apiTokenId }) => apiTokenId}
            isFaded={(token) => tokenState(token, now).isOver}
          />
          <div>{add}</div>
        </div>
      )}
      <Dialog
        open={making.isOpen}
        onOpenChange={(isOpen) => !isOpen && making.close()}
        title={made ? 'Your token' : 'Make a token'}
      >
        {made ? (
          <ShownOnce token={made} onDone={making.close} />
        ) : (
          <MakeTokenForm
            make={make}
            records={records}
            onCancel={making.close}
            onMade={(token) => {
              setMade(token);
              onMade?.(token);
            }}
          />
        )}
      </Dialog>
      {revoking.subject && (
        <RevokeToken token={revoking.subject} revoke={revoke} isOpen={revoking.isOpen} onClose={revoking.close} />
      )}
    </>
  );
}

function ShownOnce({ token: { tokenId, secret }, onDone }: { token: MadeToken; onDone: () => void }) {
  return (
    <div className="grid gap-4">
      <Banner tone="warn" title="The secret is shown this once">
        Nobody can look it up again. Copy it now, or make another token later.
      </Banner>
      <CopyField label="TOKEN-ID" value={tokenId} />
      <CopyField label="Secret" value={secret} />
      <div className="flex justify-end">
        <Button look="primary" onClick={onDone}>
          I have it
        </Button>
      </div>
    </div>
  );
}
