'use client';

import { OctagonX } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#app/components/ui/button.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { terminate } from './actions.ts';

type TerminateButtonProps = {
  sessionId: string;
  person: string;
  /** Computer or record. */
  target: string;
  isOwn: boolean;
  isOfCalls?: boolean;
};

/** Ends a session that runs; whoever ends that of somebody else tells them why. */
export function TerminateButton({ sessionId, person, target, isOwn, isOfCalls = false }: TerminateButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="danger" icon={OctagonX} onClick={() => setOpen(true)}>
        Terminate
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={setOpen}
        title="Terminate this session?"
        description={
          isOfCalls
            ? `Whatever ${person} sends to or gets from AWS with ${target} is cut at once, and the token is refused this record for a minute. Revoke the token or the grant to keep it so.`
            : `${person} loses the connection to ${target} at once, with whatever runs in it. The recording is kept and sealed.`
        }
      >
        <TerminateForm {...{ sessionId, isOwn }} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function TerminateForm({ sessionId, isOwn, onDone }: { sessionId: string; isOwn: boolean; onDone: () => void }) {
  const { run, pending, problem, errors } = useAction(terminate, { done: 'The session is being ended.', onDone });
  return (
    <Form
      {...{ pending, problem, errors }}
      submitLabel="Terminate session"
      danger
      onCancel={onDone}
      onSubmit={(data) => run({ sessionId, why: String(data.get('why') ?? '') })}
    >
      <TextField
        label="Reason"
        name="why"
        maxLength={300}
        autoComplete="off"
        hint={isOwn ? undefined : 'The person reads it, and the audit log keeps it.'}
        required={!isOwn}
        optional={isOwn}
      />
    </Form>
  );
}
