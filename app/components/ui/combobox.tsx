'use client';

import { Combobox as Base } from '@base-ui/react/combobox';
import { Check, ChevronDown, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { choiceRows, type FoundChoice } from '#server/protocol/list-query.ts';
import type { ActionResult } from '../action-result.ts';
import { type FieldProps, LabelledField } from './field.tsx';

/** A server action that answers the first of the choices that match, at most `choiceRows` of them. */
export type LoadChoices = (input: { search: string }) => Promise<ActionResult<readonly FoundChoice[]>>;

type ComboboxProps = FieldProps & {
  load: LoadChoices;
  /** What is chosen at first. */
  chosen?: FoundChoice | null;
  placeholder?: string;
  required?: boolean;
  onChoose?: (choice: FoundChoice | null) => void;
  /** What to do when there is nothing to choose from at all. */
  emptyHint?: string;
};

/**
 * One choice out of many, which the server searches while somebody types. The form gets `value` under `name`, and an
 * empty text for no choice.
 */
export function Combobox({ load, chosen = null, onChoose, emptyHint, ...field }: ComboboxProps) {
  const { label, name, hint, optional, className, placeholder = 'Type to search…', required } = field;
  const choices = useChoices(load);
  return (
    <LabelledField {...{ label, name, hint, optional, className }}>
      <Base.Root<FoundChoice>
        name={name}
        required={required}
        items={choices.found}
        filter={null}
        defaultValue={chosen}
        isItemEqualToValue={(item, value) => item.value === value.value}
        onValueChange={(choice) => onChoose?.(choice)}
        // Typing opens it too, and has its own search.
        onOpenChange={(open, { reason }) => open && reason !== 'input-change' && choices.search('', 0)}
        onInputValueChange={(text, { reason }) => reason === 'input-change' && choices.search(text, typingPauseMs)}
        autoHighlight
      >
        <Base.InputGroup className="relative">
          <Base.Input placeholder={placeholder} className="control pr-16" />
          <div className="absolute inset-y-0 right-0 flex">
            <Base.Clear aria-label={`Clear ${label}`} className="grid w-8 place-items-center text-faint hover:text-ink">
              <X aria-hidden className="size-4" />
            </Base.Clear>
            <Base.Trigger className="grid w-8 place-items-center text-faint hover:text-ink">
              <ChevronDown aria-hidden className="size-4" />
            </Base.Trigger>
          </div>
        </Base.InputGroup>
        <Base.Portal>
          <Base.Positioner sideOffset={4} className="z-60 outline-none">
            <Base.Popup className="max-h-[min(20rem,var(--available-height))] w-(--anchor-width) overflow-y-auto overscroll-contain rounded-lg border border-line bg-raised p-1 text-ink shadow-float outline-none">
              <Base.Status className={note}>{statusOf(choices)}</Base.Status>
              {/* Its own part, not one more status: with it, Escape closes these words and not the dialog around. */}
              <Base.Empty className={note}>{emptyWords(choices, emptyHint)}</Base.Empty>
              <Base.List>{(choice: FoundChoice) => <Item key={choice.value} choice={choice} />}</Base.List>
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </LabelledField>
  );
}

const note = 'px-2 text-sm text-muted not-empty:py-1.5';
const typingPauseMs = 200;
const unreachable = 'Sallyport did not answer. Check your connection and try again.';

type Choices = { found: readonly FoundChoice[]; searched: string; isLoading: boolean; problem?: string };

/** The choices for what was typed last: an answer that is overtaken by a later question is dropped. */
function useChoices(load: LoadChoices): Choices & { search: (text: string, pauseMs: number) => void } {
  const [state, setState] = useState<Choices>({ found: [], searched: '', isLoading: false });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(0);

  const search = (text: string, pauseMs: number) => {
    latest.current += 1;
    const question = latest.current;
    setState((before) => ({ ...before, isLoading: true, problem: undefined }));
    clearTimeout(timer.current);
    timer.current = setTimeout(async () => {
      const answer = await load({ search: text }).catch(() => undefined);
      if (question !== latest.current) return;
      const found = answer?.ok ? answer.value : [];
      const problem = answer?.ok ? undefined : (answer?.message ?? unreachable);
      setState({ found, searched: text.trim(), isLoading: false, problem });
    }, pauseMs);
  };
  return { ...state, search };
}

function statusOf({ found, isLoading, problem }: Choices) {
  if (isLoading) return 'Searching…';
  if (problem) return <span className="text-danger">{problem}</span>;
  return found.length < choiceRows ? null : `These are the first ${choiceRows}. Type to narrow them down.`;
}

function emptyWords({ searched, isLoading, problem }: Choices, emptyHint = 'There is nothing to choose from yet.') {
  if (isLoading || problem) return null;
  return searched ? 'Nothing matches. Try fewer or other words.' : emptyHint;
}

function Item({ choice }: { choice: FoundChoice }) {
  return (
    <Base.Item
      value={choice}
      className="flex items-start gap-2 rounded px-2 py-1.5 outline-none select-none data-highlighted:bg-hover pointer-coarse:py-2.5"
    >
      <span className="min-w-0 flex-1 wrap-anywhere">
        {choice.label}
        {choice.hint && <span className="block text-sm text-muted">{choice.hint}</span>}
      </span>
      <Base.ItemIndicator>
        <Check aria-hidden className="mt-0.75 size-4 text-accent" />
      </Base.ItemIndicator>
    </Base.Item>
  );
}
