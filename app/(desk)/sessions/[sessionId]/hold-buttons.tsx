'use client';

import { Lock, LockOpen } from 'lucide-react';
import { useState } from 'react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { agreeToLift, askToLift, declineLift, hold } from './actions.ts';

type HoldButtonsProps = {
  sessionId: string;
  mayHold: boolean;
  mayAskToLift: boolean;
  mayAgreeToLift: boolean;
  mayKeepHold: boolean;
};

type Asked = 'hold' | 'lift' | 'agree' | 'decline';

/** Puts a recording on hold, and takes the two steps by two people that free it again. */
export function HoldButtons({ sessionId, ...may }: HoldButtonsProps) {
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  if (!Object.values(may).some(Boolean)) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {may.mayHold && (
        <Button icon={Lock} onClick={() => setAsked('hold')}>
          Put on hold
        </Button>
      )}
      {may.mayAskToLift && (
        <Button icon={LockOpen} onClick={() => setAsked('lift')}>
          Ask to lift the hold
        </Button>
      )}
      {may.mayAgreeToLift && (
        <Button icon={LockOpen} onClick={() => setAsked('agree')}>
          Lift the hold
        </Button>
      )}
      {may.mayKeepHold && <Button onClick={() => setAsked('decline')}>Keep the hold</Button>}
      <Dialog
        open={asked === 'hold'}
        onOpenChange={(open) => !open && close()}
        title="Put this recording on hold?"
        description="Nobody deletes it, whatever its policy says, until two people agree that it may go."
      >
        <ReasonForm action={hold} {...{ sessionId }} submitLabel="Put on hold" done="It is on hold." onDone={close} />
      </Dialog>
      <Dialog
        open={asked === 'lift'}
        onOpenChange={(open) => !open && close()}
        title="Ask to lift the hold?"
        description="A second auditor or administrator has to agree. Until then the recording stays on hold."
      >
        <ReasonForm action={askToLift} {...{ sessionId }} submitLabel="Ask" done="It was asked for." onDone={close} />
      </Dialog>
      <ConfirmAct
        open={asked === 'agree'}
        onClose={close}
        title="Lift the hold?"
        confirmLabel="Lift the hold"
        action={agreeToLift}
        input={{ sessionId }}
        done="The hold was lifted."
      >
        The recording is deleted when its time is over, a week from now at the earliest.
      </ConfirmAct>
      <ConfirmAct
        open={asked === 'decline'}
        onClose={close}
        title="Keep the hold?"
        confirmLabel="Keep the hold"
        action={declineLift}
        input={{ sessionId }}
        done="It stays on hold."
        danger={false}
      >
        The request to lift it is taken away, and the audit log keeps that it was made.
      </ConfirmAct>
    </div>
  );
}

type ReasonFormProps = {
  sessionId: string;
  action: typeof hold;
  submitLabel: string;
  done: string;
  onDone: () => void;
};

function ReasonForm({ sessionId, action, submitLabel, done, onDone }: ReasonFormProps) {
  const { run, pending, problem, errors } = useAction(action, { done, onDone });
  return (
    <Form
      {...{ pending, problem, errors, submitLabel }}
      onCancel={onDone}
      onSubmit={(data) => run({ sessionId, why: String(data.get('why') ?? '') })}
    >
      <TextField
        label="Reason"
        name="why"
        maxLength={300}
        autoComplete="off"
        hint="Auditors and administrators read it, and the audit log keeps it."
        required
      />
    </Form>
  );
}
