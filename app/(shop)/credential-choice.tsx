'use client';

import { Banner } from '#app/components/ui/banner.tsx';
import { Radio, RadioGroup } from '#app/components/ui/radio.tsx';
import type { RecordKind } from '#server/protocol/session-words.ts';

export type CredentialOffer = {
  id: string;
  name: string;
  username: string;
  type: RecordKind;
  isPersonal: boolean;
  /** Why it cannot be chosen just now. */
  problem: string | null;
};

type CredentialChoiceProps = {
  offers: readonly CredentialOffer[];
  chosenId: string | undefined;
  onChoose: (id: string) => void;
};

/** The credentials of a right: the computer's, then one's own. What cannot be chosen just now says why. */
export function CredentialChoice({ offers, chosenId, onChoose }: CredentialChoiceProps) {
  if (offers.length === 0) {
    return (
      <Banner tone="warn" title="Nothing to choose">
        No credential is stored for this access. Where its policy allows it, one of your own from your profile works
        too.
      </Banner>
    );
  }
  const groups = [
    { label: 'Shared credential', members: offers.filter(({ isPersonal }) => !isPersonal) },
    { label: 'Your own credential', members: offers.filter(({ isPersonal }) => isPersonal) },
  ];
  return groups
    .filter(({ members }) => members.length > 0)
    .map(({ label, members }) => (
      <RadioGroup key={label} label={label}>
        {members.map(({ id, name, username, type, problem }) => (
          <Radio
            key={id}
            // One name in both groups: it is one choice.
            name="credential"
            value={id}
            label={name}
            hint={problem ?? `${type === 'ssh_key' ? 'SSH key' : 'Password'} of ${username}`}
            disabled={problem !== null}
            checked={id === chosenId}
            onChange={() => onChoose(id)}
          />
        ))}
      </RadioGroup>
    ));
}
