'use client';

import { ClipboardCopy, ClipboardPaste, Clock, Keyboard, KeyRound, UserLock } from 'lucide-react';
import { Badge } from '#app/components/ui/badge.tsx';
import { Time } from '#app/components/ui/time.tsx';
import type { RecordingRule } from '#server/protocol/session-words.ts';

export type ShopRight = {
  policy: {
    id: string;
    name: string;
    recording: RecordingRule;
    recordInput: boolean;
    allowCopy: boolean;
    allowPaste: boolean;
    exclusiveCheckOut: boolean;
  };
  accessLevel: { id: string; name: string } | null;
  endsAt: Date | null;
};

/** Under what one would work: said before, so that nobody is recorded by surprise. */
export function Conditions({ policy, accessLevel, endsAt }: ShopRight) {
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
      {policy.recording !== 'off' && policy.recordInput && (
        <li>
          <Badge icon={Keyboard}>Keys recorded</Badge>
        </li>
      )}
      <li>
        <Badge icon={ClipboardCopy}>{policy.allowCopy ? 'Copy allowed' : 'No copy'}</Badge>
      </li>
      <li>
        <Badge icon={ClipboardPaste}>{policy.allowPaste ? 'Paste allowed' : 'No paste'}</Badge>
      </li>
      {policy.exclusiveCheckOut && (
        <li>
          <Badge icon={UserLock}>One person at a time</Badge>
        </li>
      )}
      {accessLevel && (
        <li>
          <Badge icon={KeyRound}>{accessLevel.name}</Badge>
        </li>
      )}
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
