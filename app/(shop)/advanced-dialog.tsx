'use client';

import { useEffect, useState } from 'react';
import type { AdvancedClaims } from '#app/components/connect-claims.ts';
import { isoFromField } from '#app/components/form-moment.ts';
import { Banner } from '#app/components/ui/banner.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Radio, RadioGroup } from '#app/components/ui/radio.tsx';
import { Spinner } from '#app/components/ui/spinner.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { connectChoices } from './actions.ts';
import { Conditions, type ShopRight } from './conditions.tsx';
import { ConnectOutcome } from './connect-outcome.tsx';
import { CredentialChoice, type CredentialOffer } from './credential-choice.tsx';
import { useConnect } from './use-connect.ts';

type RightOffer = ShopRight & { credentials: readonly CredentialOffer[] };

type AdvancedDialogProps = {
  isOpen: boolean;
  onClose: () => void;
  computer: { guid: string; name: string };
  personId: string;
  helpContact: string;
};

/** Advanced Mode: which right, which credential, from when to when. What may be chosen is read when it is opened. */
export function AdvancedDialog({ isOpen, onClose, ...about }: AdvancedDialogProps) {
  return (
    <Dialog
      wide
      open={isOpen}
      onOpenChange={(open) => !open && onClose()}
      title={`Advanced Mode: ${about.computer.name}`}
      description="Choose what you sign in with. You never see its password."
    >
      <Choices {...about} onClose={onClose} />
    </Dialog>
  );
}

type ChoicesProps = Omit<AdvancedDialogProps, 'isOpen'>;
type Answer = Awaited<ReturnType<typeof connectChoices>>;

function Choices(props: ChoicesProps) {
  const [answer, setAnswer] = useState<Answer>();
  const computerGuid = props.computer.guid;
  useEffect(() => {
    let isWanted = true;
    void connectChoices({ computerGuid })
      .catch(
        () => ({ ok: false, code: 'unavailable', message: 'Sallyport did not answer. Please try again.' }) as const,
      )
      .then((read) => isWanted && setAnswer(read));
    return () => {
      isWanted = false;
    };
  }, [computerGuid]);
  if (!answer) return <Spinner label="Loading what you may choose…" />;
  if (!answer.ok) return <Banner tone="danger">{answer.message}</Banner>;
  const [first] = answer.value;
  if (!first) return <Banner tone="warn">No access to this computer is in force right now.</Banner>;
  return <AdvancedForm {...props} rights={answer.value} first={first} />;
}

const keyOf = ({ policy, accessLevel }: ShopRight) => `${policy.id} ${accessLevel?.id ?? ''}`;

function AdvancedForm({
  rights,
  first,
  computer,
  personId,
  helpContact,
  onClose,
}: ChoicesProps & { rights: readonly RightOffer[]; first: RightOffer }) {
  const [rightKey, setRightKey] = useState(keyOf(rights.find(hasChoice) ?? first));
  const connecting = useConnect(computer.name);
  const right = rights.find((one) => keyOf(one) === rightKey) ?? first;
  const [credentialId, setCredentialId] = useState<string>();
  const chosen =
    right.credentials.find(({ id, problem }) => id === credentialId && !problem) ?? right.credentials.find(isFree);

  const connect = async (data: FormData) => {
    if (!chosen) return;
    const claims = { personId, computerGuid: computer.guid, policyId: right.policy.id };
    const advanced = { credentialId: chosen.id, accessLevelId: right.accessLevel?.id ?? null, ...timeOf(data) };
    if (await connecting.start({ ...claims, advanced })) onClose();
  };
  return (
    <Form
      pending={connecting.pending}
      errors={connecting.errors}
      submitLabel="Connect"
      onCancel={onClose}
      onSubmit={(data) => void connect(data)}
    >
      {rights.length > 1 && (
        <RadioGroup label="Access">
          {rights.map((one) => (
            <Radio
              key={keyOf(one)}
              name="right"
              label={one.accessLevel?.name ?? 'Standard access'}
              hint={`Policy ${one.policy.name}${hasChoice(one) ? '' : ', with no credential to choose now'}`}
              checked={one === right}
              onChange={() => setRightKey(keyOf(one))}
            />
          ))}
        </RadioGroup>
      )}
      <CredentialChoice offers={right.credentials} chosenId={chosen?.id} onChoose={setCredentialId} />
      <Conditions {...right} />
      <Times />
      <ConnectOutcome name={computer.name} helpContact={helpContact} {...connecting} />
    </Form>
  );
}

const isFree = ({ problem }: CredentialOffer) => problem === null;
const hasChoice = ({ credentials }: RightOffer) => credentials.some(isFree);

function timeOf(data: FormData): Pick<AdvancedClaims, 'checkOutStartDate' | 'checkOutEndDate' | 'delaySeconds'> {
  const text = (name: string) => String(data.get(name) ?? '');
  return {
    checkOutStartDate: isoFromField(text('checkOutStartDate')),
    checkOutEndDate: isoFromField(text('checkOutEndDate')),
    delaySeconds: text('connectionDelaySeconds') || 0,
  };
}

function Times() {
  return (
    <fieldset className="grid gap-3 sm:grid-cols-3">
      <legend className="mb-1.5 text-sm font-medium">Time</legend>
      <TextField
        label="Start"
        name="checkOutStartDate"
        type="datetime-local"
        optional
        hint="At once, or within ten minutes."
      />
      <TextField
        label="End"
        name="checkOutEndDate"
        type="datetime-local"
        optional
        hint="The session ends then, and with your access at the latest."
      />
      <TextField
        label="Delay in seconds"
        name="connectionDelaySeconds"
        type="number"
        min={0}
        max={600}
        inputMode="numeric"
        optional
        hint="For an account that is still being made."
      />
    </fieldset>
  );
}
