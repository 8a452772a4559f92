'use client';

import { KeyRound } from 'lucide-react';
import { RevokeToken } from '#app/components/api-tokens/revoke-token.tsx';
import { type ListedToken, tokenColumns, tokenState } from '#app/components/api-tokens/token-columns.tsx';
import { ListPage, useListQuery } from '#app/components/list-page.tsx';
import { DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { ApiTokenSort } from '#server/protocol/list-sorts.ts';
import { revokeToken } from './actions.ts';

type TokensListProps = { tokens: Page<ListedToken>; query: ListQuery<ApiTokenSort>; now: Date };

/** Everybody's tokens. People make their own; here they are seen and revoked. */
export function TokensList({ tokens, query, now }: TokensListProps) {
  const list = useListQuery(query, 'created');
  const revoking = useDialog<ListedToken>();
  const empty = (
    <EmptyState icon={KeyRound} title="No tokens yet">
      Nobody has made one so far. It takes the master password of its person.
    </EmptyState>
  );
  return (
    <>
      <PageHeader title="Tokens">
        With a token the programs of a person call AWS as that person may. People make their own, on the page AWS.
      </PageHeader>
      <ListPage list={list} page={tokens} of="tokens" empty={empty}>
        <DataTable
          label="Tokens"
          columns={tokenColumns({ now, revoke: revoking.show, withPerson: true, sorting: list.sorting })}
          rows={tokens.rows}
          rowKey={({ apiTokenId }) => apiTokenId}
          isFaded={(token) => tokenState(token, now).isOver}
        />
      </ListPage>
      {revoking.subject && (
        <RevokeToken token={revoking.subject} revoke={revokeToken} isOpen={revoking.isOpen} onClose={revoking.close} />
      )}
    </>
  );
}
