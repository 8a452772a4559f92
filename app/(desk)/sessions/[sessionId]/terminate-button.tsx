'use client';

import { OctagonX } from 'lucide-react';
import { useState } from 'react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { terminate } from './actions.ts';

type TerminateButtonProps = { sessionId: string; person: string; computer: string };

export function TerminateButton({ sessionId, person, computer }: TerminateButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="danger" icon={OctagonX} onClick={() => setOpen(true)}>
        Terminate
      </Button>
      <ConfirmAct
        open={isOpen}
        onClose={() => setOpen(false)}
        title="Terminate this session?"
        confirmLabel="Terminate session"
        action={terminate}
        input={{ sessionId }}
        done="The session is being ended."
      >
        {person} loses the connection to {computer} at once, with whatever runs in it. The recording is kept and sealed.
      </ConfirmAct>
    </>
  );
}
