'use client';

import { FileText, Plus } from 'lucide-react';
import { ListPage, useListQuery } from '#app/components/list-page.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { TextArea } from '#app/components/ui/text-field.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useAction } from '#app/components/use-action.ts';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { TermsSort } from '#server/protocol/list-sorts.ts';
import { publishTerms } from './actions.ts';

export type TermsVersion = {
  version: number;
  text: string;
  sha256: string;
  publishedAt: Date;
  publishedBy: string | null;
  accepted: number;
};

type TermsTask = { shown?: TermsVersion };

type TermsListProps = { versions: Page<TermsVersion>; query: ListQuery<TermsSort>; textInForce: string | undefined };

/** The versions, the one in force first. A version is never changed: a new text is a new version. */
export function TermsList({ versions, query, textInForce }: TermsListProps) {
  const list = useListQuery(query, 'latest');
  const dialog = useDialog<TermsTask>();
  const shown = dialog.subject?.shown;
  const publish = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({})}>
      Publish terms
    </Button>
  );
  const empty = (
    <EmptyState icon={FileText} title="No terms yet">
      Nobody is asked to agree to anything. Write what people should know: that they are recorded, and what for.
    </EmptyState>
  );
  return (
    <>
      <PageHeader title="Terms" action={publish}>
        What people agree to before a session. Everybody is asked once for each version; the version they agreed to is
        kept with the session and its recording.
      </PageHeader>
      <ListPage list={list} page={versions} of="terms" empty={empty}>
        <DataTable
          label="Terms"
          columns={columns(dialog.show)}
          rows={versions.rows}
          rowKey={({ version }) => String(version)}
        />
      </ListPage>
      <Dialog
        open={dialog.isOpen}
        onOpenChange={(open) => !open && dialog.close()}
        title={shown ? `Terms, version ${shown.version}` : 'Publish terms'}
        description={shown ? undefined : 'In force at once. Sessions that run go on; the next one asks.'}
      >
        {shown ? (
          <p className="max-h-[60dvh] overflow-y-auto whitespace-pre-wrap wrap-anywhere">{shown.text}</p>
        ) : (
          <PublishForm text={textInForce} onDone={dialog.close} />
        )}
      </Dialog>
    </>
  );
}

function PublishForm({ text, onDone }: { text: string | undefined; onDone: () => void }) {
  const { run, pending, problem, errors } = useAction(publishTerms, { done: 'The terms are in force.', onDone });
  return (
    <Form
      {...{ pending, problem, errors }}
      submitLabel="Publish"
      onCancel={onDone}
      onSubmit={(data) => run({ text: String(data.get('text')) })}
    >
      <TextArea
        label="Text"
        name="text"
        defaultValue={text}
        rows={12}
        required
        hint="Plain text; lines stay as they are."
      />
    </Form>
  );
}

function columns(show: (task: TermsTask) => void): Column<TermsVersion>[] {
  return [
    { key: 'version', header: 'Version', isTitle: true, cell: ({ version }) => <span>{version}</span> },
    { key: 'published', header: 'Published', cell: ({ publishedAt }) => <Time at={publishedAt} /> },
    { key: 'by', header: 'By', cell: ({ publishedBy }) => publishedBy ?? '–' },
    {
      key: 'accepted',
      header: 'Accepted by',
      cell: ({ accepted }) => <span className="tabular-nums">{accepted}</span>,
    },
    {
      key: 'hash',
      header: 'SHA-256',
      cell: ({ sha256 }) => (
        <span className="font-mono text-xs" title={sha256}>
          {sha256.slice(0, 16)}…
        </span>
      ),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (shown) => (
        <Button size="small" aria-label={`Read version ${shown.version}`} onClick={() => show({ shown })}>
          Read
        </Button>
      ),
    },
  ];
}
