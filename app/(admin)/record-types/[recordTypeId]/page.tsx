import { ArrowLeft } from 'lucide-react';
import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { Badge } from '#app/components/ui/badge.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { getRecordType, portalContext, RecordTypeInputSchema } from '#server/portal.ts';
import { kindLabels } from '../record-type-labels.ts';
import { FieldsList } from './fields-list.tsx';

export const metadata: Metadata = { title: 'Record type' };

type RecordTypePageProps = { params: Promise<{ recordTypeId: string }> };

export default async function RecordTypePage({ params }: RecordTypePageProps) {
  const asked = RecordTypeInputSchema.safeParse(await params);
  if (!asked.success) notFound();
  const actor = await currentActor();
  const type = pageValue(await getRecordType(await portalContext(), actor, asked.data));
  const { recordTypeId, name, description, kind, disabledAt, fields } = type;
  return (
    <>
      <Link href="/record-types" className="mb-3 inline-flex items-center gap-1.5 text-sm text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-3.5" />
        Record types
      </Link>
      <FieldsList recordTypeId={recordTypeId} name={name} fields={fields}>
        <Badge>{kindLabels[kind]}</Badge> {disabledAt && <Badge tone="warn">Disabled</Badge>} {description}
      </FieldsList>
    </>
  );
}
