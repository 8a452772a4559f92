'use client';

import { ClipboardCopy, ClipboardPaste, Clock, Lock, SquareTerminal } from 'lucide-react';
import { useId } from 'react';
import { Badge } from '#app/components/ui/badge.tsx';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { classNames } from '#app/components/ui/class-names.ts';
import { Time } from '#app/components/ui/time.tsx';
import type { Mode, RecordingRule } from '#server/protocol/session-words.ts';
import { useConnect } from './use-connect.ts';

type Right = {
  allowed: true;
  policy: { id: string; name: string; recording: RecordingRule; allowCopy: boolean; allowPaste: boolean };
  endsAt: Date | null;
};
type Refused = { allowed: false; message: string };

export type ShopComputer = { guid: string; name: string; description: string; mode: Mode; connect: Right | Refused };

export function ShopItem({ computer, personId }: { computer: ShopComputer; personId: string }) {
  const { guid: computerGuid, name, description, mode, connect: right } = computer;
  const reasonId = useId();
  const connecting = useConnect({ computerGuid, name, personId, policyId: right.allowed ? right.policy.id : '' });
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3.5 gap-y-3 p-4 sm:grid-cols-[auto_minmax(0,1fr)_auto] sm:items-center">
      <span
        aria-hidden
        className={classNames(
          'grid size-9 place-items-center rounded-lg',
          right.allowed ? 'bg-accent-soft text-accent' : 'bg-sunken text-faint',
        )}
      >
        <SquareTerminal className="size-4.5" />
      </span>
      <div className="min-w-0">
        <h2 className={classNames('flex flex-wrap items-center gap-x-2 font-medium', !right.allowed && 'text-muted')}>
          {name}
          <Badge>{mode}</Badge>
        </h2>
        {description && <p className="text-sm text-muted">{description}</p>}
        {right.allowed ? (
          <Conditions {...right} />
        ) : (
          <p id={reasonId} className="mt-1.5 flex items-start gap-1.5 text-sm text-warn">
            <Lock aria-hidden className="mt-0.75 size-3.5 shrink-0" />
            {right.message}
          </p>
        )}
      </div>
      <div className="col-span-2 sm:col-span-1">
        <Button
          look={right.allowed ? 'primary' : 'secondary'}
          className="max-sm:w-full"
          aria-label={`Connect to ${name}`}
          aria-disabled={!right.allowed}
          aria-describedby={right.allowed ? undefined : reasonId}
          pending={connecting.pending}
          onClick={right.allowed ? connecting.start : undefined}
        >
          Connect
        </Button>
      </div>
      <ConnectOutcome name={name} {...connecting} />
    </li>
  );
}

/** Under what policy one would work: said before, so that nobody is recorded by surprise. */
function Conditions({ policy, endsAt }: Right) {
  return (
    <ul aria-label="Conditions" className="mt-2 flex flex-wrap items-center gap-1.5">
      <li>
        {policy.recording === 'off' ? (
          <Badge>Not recorded</Badge>
        ) : (
          <Badge>
            <span aria-hidden className="size-1.5 rounded-full bg-danger" />
            Recorded
          </Badge>
        )}
      </li>
      <li>
        <Badge icon={ClipboardCopy}>{policy.allowCopy ? 'Copy allowed' : 'No copy'}</Badge>
      </li>
      <li>
        <Badge icon={ClipboardPaste}>{policy.allowPaste ? 'Paste allowed' : 'No paste'}</Badge>
      </li>
      <li className="text-xs text-faint">Policy {policy.name}</li>
      {endsAt && (
        <li className="inline-flex items-center gap-1 text-xs text-faint">
          <Clock aria-hidden className="size-3" />
          <span>
            Access ends <Time at={endsAt} />
          </span>
        </li>
      )}
    </ul>
  );
}

function ConnectOutcome({ name, refused, blocked }: { name: string; refused?: string; blocked?: () => void }) {
  if (!refused && !blocked) return null;
  return (
    <div className="col-span-full">
      {refused && <Banner tone="danger">{refused}</Banner>}
      {blocked && (
        <Banner tone="warn" title="Your browser blocked the new tab">
          <p>
            The session can be opened here for some minutes. Allow pop-ups for this page to skip this step next time.
          </p>
          <Button look="primary" size="small" className="mt-2" onClick={blocked}>
            Open the session on {name}
          </Button>
        </Banner>
      )}
    </div>
  );
}
