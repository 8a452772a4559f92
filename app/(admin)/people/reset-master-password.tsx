'use client';

import { useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { CopyField } from '#app/components/ui/copy-field.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useAction } from '#app/components/use-action.ts';
import { resetMasterPassword } from './actions.ts';
import type { Person } from './people-list.tsx';

type Reset = { link: string; expiresAt: Date; destroyed: number };

/** Warns, resets, and then shows the link: the person sees it too, when they are signed in. */
export function ResetMasterPassword({ person, onDone }: { person: Person; onDone: () => void }) {
  // As it was when it was asked: the list behind says "reset" as soon as it is done.
  const [asked] = useState(person);
  const [reset, setReset] = useState<Reset>();
  if (reset) return <ResetDone person={asked} reset={reset} onDone={onDone} />;
  const isRenewal = asked.masterPassword === 'reset';
  return <ResetForm person={asked} isRenewal={isRenewal} onReset={setReset} onCancel={onDone} />;
}

type ResetFormProps = { person: Person; isRenewal: boolean; onReset: (reset: Reset) => void; onCancel: () => void };

function ResetForm({ person, isRenewal, onReset, onCancel }: ResetFormProps) {
  const { run, ...state } = useAction(resetMasterPassword, { onDone: onReset });
  return (
    <Form
      {...state}
      danger={!isRenewal}
      submitLabel={isRenewal ? 'Make a new link' : 'Reset master password'}
      onCancel={onCancel}
      onSubmit={() => run({ personId: person.id })}
    >
      {isRenewal ? (
        <p className="text-muted">The link that {person.name} was given before stops working.</p>
      ) : (
        <>
          <Banner tone="warn" title={whatIsLost(person)}>
            Only the present master password opens them. Nobody can bring them back, not even you.
          </Banner>
          <p className="text-muted">
            {person.name} is told, and gets a link to choose a new master password. Shared credentials stay as they are.
          </p>
        </>
      )}
    </Form>
  );
}

function whatIsLost({ name, personalCredentials: count }: Person): string {
  if (count === 0)
    return `${name} has no personal credentials now. Any that they add before you confirm are destroyed.`;
  return `${count} personal ${count === 1 ? 'credential' : 'credentials'} of ${name} will be destroyed.`;
}

function ResetDone({ person, reset, onDone }: { person: Person; reset: Reset; onDone: () => void }) {
  return (
    <div className="grid gap-4">
      <Banner tone="ok">
        {person.name} sees this link in Sallyport. You can also send it: it works for them alone, signed in, once, until{' '}
        <Time at={reset.expiresAt} />.{reset.destroyed > 0 && ` Personal credentials destroyed: ${reset.destroyed}.`}
      </Banner>
      <CopyField label="Link" value={reset.link} />
      <div className="flex justify-end">
        <Button look="primary" onClick={onDone}>
          Done
        </Button>
      </div>
    </div>
  );
}
