'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { endLogin } from './actions.ts';
import { browserName } from './browser-name.ts';

export type Login = {
  id: string;
  isCurrent: boolean;
  revokedAt: Date | null;
  createdAt: Date;
  expiresAt: Date;
  address: string | null;
  userAgent: string | null;
};

export function LoginsList({ logins, now }: { logins: readonly Login[]; now: Date }) {
  const ending = useDialog<Login>();
  return (
    <>
      <DataTable
        label="Sign-ins"
        columns={columns(now, ending.show)}
        rows={logins}
        isFaded={(login) => stateOf(login, now) !== 'Active'}
        rowKey={(login) => login.id}
      />
      {ending.subject && (
        <ConfirmAct
          open={ending.isOpen}
          onClose={ending.close}
          title="End this sign-in?"
          confirmLabel="End sign-in"
          action={endLogin}
          input={{ loginSessionId: ending.subject.id }}
          done="The sign-in was ended."
        >
          That browser is signed out at once, and sessions that were opened from it are closed.
        </ConfirmAct>
      )}
    </>
  );
}

function stateOf({ revokedAt, expiresAt }: Login, now: Date): 'Active' | 'Ended' | 'Expired' {
  if (revokedAt) return 'Ended';
  return expiresAt <= now ? 'Expired' : 'Active';
}

function columns(now: Date, end: (login: Login) => void): Column<Login>[] {
  return [
    {
      key: 'browser',
      header: 'Browser',
      isTitle: true,
      cell: ({ isCurrent, userAgent }) => (
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{browserName(userAgent)}</span>
          {isCurrent && <Badge tone="accent">This browser</Badge>}
        </span>
      ),
    },
    {
      key: 'address',
      header: 'Address',
      cell: ({ address }) => <span className="font-mono text-sm">{address ?? '–'}</span>,
    },
    { key: 'since', header: 'Signed in', cell: ({ createdAt }) => <Time at={createdAt} evidence /> },
    {
      key: 'state',
      header: 'State',
      cell: (login) => {
        const state = stateOf(login, now);
        return <Badge tone={state === 'Active' ? 'ok' : 'neutral'}>{state}</Badge>;
      },
    },
    { key: 'until', header: 'Expires', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (login) =>
        login.isCurrent || stateOf(login, now) !== 'Active' ? null : (
          <Button
            size="small"
            aria-label={`End the sign-in from ${login.address ?? 'an unknown address'}`}
            onClick={() => end(login)}
          >
            End
          </Button>
        ),
    },
  ];
}
