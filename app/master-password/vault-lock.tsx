'use client';

import { Lock, LockOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useHouseRules } from '#app/components/house-rules.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { PasswordField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { settingInWords } from '#server/protocol/settings.ts';
import { lock, unlock } from './actions.ts';
import { timeLeft } from './time-left.ts';

export type Vault = { state: 'none' } | { state: 'locked' } | { state: 'unlocked'; until: Date };

/** Locked: a button that asks for the master password. Unlocked: how long still, and Lock. Nothing where there is none. */
export function VaultLock({ vault }: { vault: Vault }) {
  switch (vault.state) {
    case 'none':
      return null;
    case 'locked':
      return <Locked />;
    case 'unlocked':
      return <Unlocked until={vault.until} />;
  }
}

function Locked() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon={Lock} className="w-full" onClick={() => setOpen(true)}>
        Unlock
      </Button>
      <UnlockDialog open={open} onClose={() => setOpen(false)} />
    </>
  );
}

function UnlockDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { unlockHours } = useHouseRules();
  const { run, reset, ...state } = useAction(unlock, { done: 'Unlocked.', onDone: onClose });
  const leave = () => {
    reset();
    onClose();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(isOpen) => !isOpen && leave()}
      title="Unlock"
      description={`Enter your master password once; this browser may then use your credentials for up to ${settingInWords('unlockHours', unlockHours)}.`}
    >
      <Form
        {...state}
        submitLabel="Unlock"
        onCancel={leave}
        onSubmit={(data) => run({ password: String(data.get('password')) })}
      >
        <PasswordField label="Master password" name="password" autoComplete="off" required autoFocus />
        <p className="text-sm text-muted">
          Forgotten? An administrator can reset it; your own credentials are lost then.
        </p>
      </Form>
    </Dialog>
  );
}

function Unlocked({ until }: { until: Date }) {
  const { run, pending } = useAction(lock, { done: 'Locked.' });
  const left = useTimeLeft(until);
  return (
    <div className="flex items-center justify-between gap-2 rounded-md border border-ok/25 bg-ok-soft py-1 pr-1 pl-2.5">
      <span className="flex items-center gap-2 text-sm text-ok">
        <LockOpen aria-hidden className="size-4 shrink-0" />
        <span className="leading-tight">
          <span className="max-lg:sr-only">Unlocked </span>
          <span className="text-xs whitespace-nowrap tabular-nums lg:block">
            {left}
            <span className="max-lg:sr-only"> left</span>
          </span>
        </span>
      </span>
      <Button size="small" look="quiet" pending={pending} onClick={() => run({})}>
        Lock
      </Button>
    </div>
  );
}

function useTimeLeft(until: Date): string {
  const [now, setNow] = useState<number>();
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now === undefined ? '' : timeLeft(new Date(until).getTime() - now);
}
