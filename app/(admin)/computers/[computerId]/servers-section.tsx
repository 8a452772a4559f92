'use client';

import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { addressOf } from '../address.ts';
import type { Computer } from '../computers-list.tsx';
import { ForgetHostKey } from '../forget-host-key.tsx';

export type Place = {
  server: string;
  port: number;
  hostKey: { keyType: string; fingerprint: string; pinnedAt: Date; pinnedBy: string | null } | null;
  waiting: readonly { credentialId: string; name: string }[];
};

type ServersSectionProps = { computer: Computer; places: readonly Place[]; onRead: (server: string) => void };

/** The servers in the order in which they are dialled, each with the host key that it must show. */
export function ServersSection({ computer, places, onRead }: ServersSectionProps) {
  const forgetting = useDialog<Place>();
  return (
    <section aria-labelledby="servers">
      <h2 id="servers" className="text-lg font-semibold">
        Servers
      </h2>
      <p className="mb-3 max-w-3xl text-muted">
        Dialled by {computer.mode} in this order: the next one when the one before cannot be reached, never after it was
        reached.
      </p>
      <DataTable
        label="Servers"
        columns={columns(onRead, forgetting.show)}
        rows={places}
        rowKey={(place) => place.server}
      />
      <ForgetHostKey dialog={forgetting}>
        Do this only if the server was really reinstalled or its key changed on purpose. When another key is approved,
        the credentials that are used there wait until another administrator confirms them.
      </ForgetHostKey>
    </section>
  );
}

function columns(onRead: (server: string) => void, onForget: (place: Place) => void): Column<Place>[] {
  return [
    {
      key: 'address',
      header: 'Address',
      isTitle: true,
      cell: (place) => <span className="font-mono text-sm break-all">{addressOf(place)}</span>,
    },
    {
      key: 'host-key',
      header: 'Host key',
      cell: ({ hostKey }) =>
        hostKey ? (
          <>
            <span className="font-mono text-sm break-all">{hostKey.fingerprint}</span>
            <span className="block text-sm text-faint">
              {hostKey.keyType}, pinned <Time at={hostKey.pinnedAt} />
              {hostKey.pinnedBy && ` by ${hostKey.pinnedBy}`}
            </span>
          </>
        ) : (
          <span className="text-muted">None yet</span>
        ),
    },
    {
      key: 'credentials',
      header: 'Credentials',
      cell: ({ waiting }) =>
        waiting.length > 0 ? (
          <Badge tone="warn">{waiting.length} waiting</Badge>
        ) : (
          <span className="text-muted">Ready</span>
        ),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (place) =>
        place.hostKey ? (
          <Button size="small" aria-label={`Forget host key of ${addressOf(place)}`} onClick={() => onForget(place)}>
            Forget
          </Button>
        ) : (
          <Button size="small" aria-label={`Read host key of ${addressOf(place)}`} onClick={() => onRead(place.server)}>
            Read host key
          </Button>
        ),
    },
  ];
}
