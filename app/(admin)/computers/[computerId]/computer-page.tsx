'use client';

import { ArrowLeft, Pencil } from 'lucide-react';
import Link from 'next/link';
import { Badge } from '#app/components/ui/badge.tsx';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { addressOf } from '../address.ts';
import { ComputerDialogs, type ComputerTask } from '../computer-dialogs.tsx';
import type { Computer } from '../computers-list.tsx';
import { CredentialsSection, type Further } from './credentials-section.tsx';
import { type Place, ServersSection } from './servers-section.tsx';

type ComputerPageProps = { detail: { computer: Computer; further: readonly Further[]; places: readonly Place[] } };

/** One computer: its servers with their host keys, and every credential that may be used there. */
export function ComputerPage({ detail: { computer, further, places } }: ComputerPageProps) {
  const dialog = useDialog<ComputerTask>();
  const waiting = places.filter((place) => place.waiting.length > 0);
  return (
    <>
      <Link href="/computers" className="mb-2 inline-flex items-center gap-1.5 text-sm text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-3.5" />
        Computers
      </Link>
      <PageHeader
        title={computer.name}
        action={
          <Button icon={Pencil} onClick={() => dialog.show({ kind: 'change', computer })}>
            Edit
          </Button>
        }
      >
        {computer.description || 'No description yet.'} {computer.disabledAt && <Badge>Off</Badge>}
      </PageHeader>
      <div className="grid gap-8">
        {waiting.length > 0 && (
          <Banner tone="warn" title="A credential waits for confirmation">
            {waiting.map((place) => (
              <p key={place.server}>
                {place.waiting.map(({ name }) => name).join(', ')} at {addressOf(place)}.
              </p>
            ))}
            <Link href="/computers/waiting" className="underline">
              Look at what waits
            </Link>
          </Banner>
        )}
        <ServersSection
          computer={computer}
          places={places}
          onRead={(server) => dialog.show({ kind: 'host-key', computer, server })}
        />
        <CredentialsSection computer={computer} further={further} />
        {computer.notes && (
          <section aria-labelledby="notes">
            <h2 id="notes" className="mb-2 text-lg font-semibold">
              Notes
            </h2>
            <p className="max-w-3xl wrap-anywhere whitespace-pre-line">{computer.notes}</p>
          </section>
        )}
      </div>
      <ComputerDialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}
