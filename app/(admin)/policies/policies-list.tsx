'use client';

import { Check, Minus, Plus, ScrollText } from 'lucide-react';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { AwsRules } from '#server/protocol/aws-words.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { PolicySort } from '#server/protocol/list-sorts.ts';
import type { MasterPasswordRule, RecordingRule } from '#server/protocol/session-words.ts';
import { PolicyForm } from './policy-form.tsx';
import { limitsText, watchingText } from './policy-words.ts';

export type Policy = {
  policyId: string;
  name: string;
  recording: RecordingRule;
  recordInput: boolean;
  allowCopy: boolean;
  allowPaste: boolean;
  trustFirstHostKey: boolean;
  masterPassword: MasterPasswordRule;
  allowPersonal: boolean;
  exclusiveCheckOut: boolean;
  graceSeconds: number;
  idleTimeoutMinutes: number | null;
  maxDurationMinutes: number | null;
  allowSnooping: boolean;
  tellWatched: boolean;
  retentionDays: number | null;
  aws: AwsRules | null;
  grants: number;
};

type PolicyTask = { policy?: Policy };

export function PoliciesList({ policies, query }: { policies: Page<Policy>; query: ListQuery<PolicySort> }) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<PolicyTask>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({})}>
      Add policy
    </Button>
  );
  const empty = (
    <EmptyState icon={ScrollText} title="No policies yet">
      Start with one that records everything and allows no copy or paste; loosen it where people need more.
    </EmptyState>
  );
  const edited = dialog.subject?.policy;
  return (
    <>
      <PageHeader title="Policies" action={add}>
        Under which rules a session runs: what is recorded, and what may pass the clipboard. A grant names one.
      </PageHeader>
      <ListPage list={list} page={policies} of="policies" empty={empty}>
        <DataTable
          label="Policies"
          columns={columns(list, dialog.show)}
          rows={policies.rows}
          rowKey={(policy) => policy.policyId}
        />
      </ListPage>
      <Dialog
        open={dialog.isOpen}
        onOpenChange={(open) => !open && dialog.close()}
        title={edited ? `Edit ${edited.name}` : 'Add policy'}
        description={edited && 'Sessions that are running keep the rules they were opened under.'}
      >
        <PolicyForm policy={edited} onDone={dialog.close} />
      </Dialog>
    </>
  );
}

const recordingBadges: Record<RecordingRule, { tone: 'ok' | 'warn' | 'neutral'; label: string }> = {
  required: { tone: 'ok', label: 'Required' },
  best_effort: { tone: 'warn', label: 'If possible' },
  off: { tone: 'neutral', label: 'Off' },
};

function columns(list: ListControl<PolicySort>, show: (task: PolicyTask) => void): Column<Policy>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    {
      key: 'recording',
      header: 'Recording',
      cell: ({ recording, recordInput }) => (
        <>
          <Badge tone={recordingBadges[recording].tone}>{recordingBadges[recording].label}</Badge>
          {recordInput && <span className="mt-0.5 block text-sm text-muted">and keys that are typed</span>}
        </>
      ),
    },
    {
      key: 'masterPassword',
      header: 'Master password',
      cell: ({ masterPassword }) => (masterPassword === 'each_time' ? 'Each time' : 'Once per browser'),
    },
    { key: 'may', header: 'People may', cell: (policy) => <Allowed policy={policy} /> },
    { key: 'limits', header: 'Ends', cell: (policy) => limitsText(policy) },
    { key: 'watching', header: 'Watching', cell: (policy) => watchingText(policy) },
    { key: 'exclusive', header: 'One at a time', cell: ({ exclusiveCheckOut }) => <YesNo yes={exclusiveCheckOut} /> },
    {
      key: 'grants',
      header: 'Grants',
      ...list.sorting('grants'),
      cell: ({ grants }) => <span className="tabular-nums">{grants}</span>,
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (policy) => (
        <Button size="small" aria-label={`Edit ${policy.name}`} onClick={() => show({ policy })}>
          Edit
        </Button>
      ),
    },
  ];
}

function Allowed({ policy }: { policy: Policy }) {
  const words = [
    policy.allowCopy && 'copy',
    policy.allowPaste && 'paste',
    policy.allowPersonal && 'use their own credentials',
    policy.trustFirstHostKey && 'approve new host keys',
  ].filter((word) => word !== false);
  if (words.length === 0) return <span className="text-faint">Only work</span>;
  return <span className="first-letter:uppercase inline-block">{words.join(', ')}</span>;
}

function YesNo({ yes }: { yes: boolean }) {
  const Icon = yes ? Check : Minus;
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon aria-hidden className={yes ? 'size-4 text-ok' : 'size-4 text-faint'} />
      <span className={yes ? undefined : 'text-faint'}>{yes ? 'Yes' : 'No'}</span>
    </span>
  );
}
