'use client';

import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import type { Column } from '#app/components/ui/data-table.tsx';
import { Time } from '#app/components/ui/time.tsx';
import type { ApiTokenSort } from '#server/protocol/list-sorts.ts';

/** A token as a row of a list. */
export type ListedToken = {
  apiTokenId: string;
  tokenId: string;
  name: string;
  person: { name: string; email: string };
  networks: readonly string[];
  records: readonly string[];
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  lastUsedFrom: string | null;
};

export type TokenState = { label: 'In use' | 'Never used' | 'Expired' | 'Revoked'; isOver: boolean };

export function tokenState({ revokedAt, expiresAt, lastUsedAt }: ListedToken, now: Date): TokenState {
  if (revokedAt) return { label: 'Revoked', isOver: true };
  if (expiresAt <= now) return { label: 'Expired', isOver: true };
  return { label: lastUsedAt ? 'In use' : 'Never used', isOver: false };
}

type Sorting = Pick<Column<never>, 'onSort' | 'sorted'>;

type TokenColumnsOptions = {
  now: Date;
  revoke: (token: ListedToken) => void;
  /** Whose they are is shown too. */
  withPerson?: boolean;
  sorting?: (key: ApiTokenSort) => Sorting;
};

export function tokenColumns({
  now,
  revoke,
  withPerson = false,
  sorting = () => ({}),
}: TokenColumnsOptions): Column<ListedToken>[] {
  const person: Column<ListedToken> = {
    key: 'person',
    header: 'Person',
    ...sorting('person'),
    cell: ({ person: { name, email } }) => (
      <>
        {name}
        <span className="block text-sm text-muted">{email}</span>
      </>
    ),
  };
  return [
    {
      key: 'name',
      header: 'Name',
      ...sorting('name'),
      isTitle: true,
      cell: ({ name, tokenId }) => (
        <>
          <span className="font-medium">{name}</span>
          <span className="block font-mono text-sm break-all text-muted">{tokenId}</span>
        </>
      ),
    },
    ...(withPerson ? [person] : []),
    { key: 'limits', header: 'Only for', cell: (token) => <Limits token={token} /> },
    {
      key: 'lastUsed',
      header: 'Last used',
      ...sorting('lastUsed'),
      cell: ({ lastUsedAt, lastUsedFrom }) =>
        lastUsedAt ? (
          <>
            <Time at={lastUsedAt} />
            {lastUsedFrom && <span className="block font-mono text-sm text-muted">{lastUsedFrom}</span>}
          </>
        ) : (
          <span className="text-faint">Never</span>
        ),
    },
    { key: 'expires', header: 'Until', ...sorting('expires'), cell: ({ expiresAt }) => <Time at={expiresAt} /> },
    {
      key: 'state',
      header: 'State',
      cell: (token) => {
        const { label, isOver } = tokenState(token, now);
        return <Badge tone={isOver ? 'neutral' : 'ok'}>{label}</Badge>;
      },
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (token) =>
        tokenState(token, now).isOver ? null : (
          <Button size="small" aria-label={`Revoke the token ${token.name}`} onClick={() => revoke(token)}>
            Revoke
          </Button>
        ),
    },
  ];
}

function Limits({ token: { networks, records } }: { token: ListedToken }) {
  if (networks.length === 0 && records.length === 0)
    return <span className="text-faint">All records, from anywhere</span>;
  return (
    <>
      {records.length > 0 && <span className="block">{records.join(', ')}</span>}
      {networks.length > 0 && <span className="block text-sm text-muted">from {networks.join(', ')}</span>}
    </>
  );
}
