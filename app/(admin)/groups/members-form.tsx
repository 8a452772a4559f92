'use client';

import { useState } from 'react';
import { matchingRows } from '#app/components/matching-rows.ts';
import { Checkbox } from '#app/components/ui/checkbox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { SearchField } from '#app/components/ui/search-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { setGroupMembers } from './actions.ts';
import type { Group, Member } from './groups-list.tsx';

type MembersFormProps = { group: Group; people: readonly Member[]; onDone: () => void };

/** Who is in the group. Kept in state, not in the fields, so that a search hides nobody's tick. */
export function MembersForm({ group, people, onDone }: MembersFormProps) {
  const [chosen, setChosen] = useState(() => new Set(group.members.map((member) => member.id)));
  const [query, setQuery] = useState('');
  const { run, ...state } = useAction(setGroupMembers, { done: 'The members were saved.', onDone });
  const shown = matchingRows(people, query, ({ name, email }) => `${name} ${email}`);

  const toggle = (personId: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(personId);
    else next.delete(personId);
    setChosen(next);
  };

  return (
    <Form
      {...state}
      submitLabel="Save members"
      onCancel={onDone}
      onSubmit={() => run({ groupId: group.id, personIds: [...chosen] })}
    >
      <SearchField label="Search people" value={query} onChange={setQuery} />
      <fieldset className="h-64 overflow-y-auto rounded-md border border-line px-3 py-2">
        <legend className="sr-only">Members</legend>
        {shown.map(({ id, name, email }) => (
          <Checkbox
            key={id}
            label={name}
            hint={email}
            checked={chosen.has(id)}
            onChange={(event) => toggle(id, event.target.checked)}
          />
        ))}
        {shown.length === 0 && <p className="py-6 text-center text-muted">Nobody matches.</p>}
      </fieldset>
      <p aria-live="polite" className="-mt-2 text-sm text-faint">
        {chosen.size === 1 ? '1 member' : `${chosen.size} members`}
      </p>
    </Form>
  );
}
