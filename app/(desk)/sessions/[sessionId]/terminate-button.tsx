'use client';

import { OctagonX } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#app/components/ui/button.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { terminate } from './actions.ts';

type TerminateButtonProps = { sessionId: string; person: string; computer: string; isOwn: boolean };

/** Ends a session that runs; whoever ends that of somebody else tells them why. */
export function TerminateButton({ sessionId, person, computer, isOwn }: TerminateButtonProps) {
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
        description={`${person} loses the connection to ${computer} at once, with whatever runs in it. The recording is kept and sealed.`}
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
