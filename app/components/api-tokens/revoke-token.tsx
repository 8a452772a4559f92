'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import type { ActionResult } from '../action-result.ts';

type RevokeTokenProps = {
  token: { apiTokenId: string; name: string };
  revoke: (input: { apiTokenId: string }) => Promise<ActionResult<unknown>>;
  isOpen: boolean;
  onClose: () => void;
};

export function RevokeToken({ token: { apiTokenId, name }, revoke, isOpen, onClose }: RevokeTokenProps) {
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={`Revoke the token ${name}?`}
      confirmLabel="Revoke token"
      action={revoke}
      input={{ apiTokenId }}
      done="The token was revoked."
    >
      Programs that use it are refused from now on, and transfers that run with it are cut. It cannot be brought back.
    </ConfirmAct>
  );
}
