'use client';

import { type ReactNode, useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Combobox, type LoadChoices } from '#app/components/ui/combobox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { useAction } from '#app/components/use-action.ts';
import { type SignInProblem, signInWords } from '#server/protocol/sign-in-words.ts';
import type { ActionResult } from '../action-result.ts';

type Result = { result: 'works' } | { result: SignInProblem; detail: string | undefined };

type TestFormProps = {
  test: (input: { computerId: string; password: string }) => Promise<ActionResult<Result>>;
  findPlaces: LoadChoices;
  emptyHint: string;
  onDone: () => void;
  /** What proves who is asking, where that is asked for. */
  children?: ReactNode;
};

/** Signs in once with a stored credential, and says in plain words what came of it. */
export function TestForm({ test, findPlaces, emptyHint, onDone, children }: TestFormProps) {
  const [result, setResult] = useState<Result>();
  const { run, ...state } = useAction(test, { onDone: setResult });
  return (
    <Form
      {...state}
      submitLabel={result ? 'Test again' : 'Test'}
      onCancel={onDone}
      onSubmit={(data) => {
        setResult(undefined);
        run({ computerId: String(data.get('computerId') ?? ''), password: String(data.get('password') ?? '') });
      }}
    >
      <Combobox
        label="Computer"
        name="computerId"
        load={findPlaces}
        hint="Sallyport signs in there once and hangs up. A computer may count it as a failed sign-in."
        emptyHint={emptyHint}
        onChoose={() => setResult(undefined)}
        required
      />
      {children}
      {result && <Outcome result={result} />}
    </Form>
  );
}

function Outcome({ result }: { result: Result }) {
  if (result.result === 'works') {
    return (
      <Banner tone="ok" title="It works">
        The computer took the credential.
      </Banner>
    );
  }
  const { title, advice } = signInWords(result.result);
  return (
    <Banner tone="danger" title={title}>
      {result.detail && <p className="wrap-anywhere">{result.detail}</p>}
      <p>{advice}</p>
    </Banner>
  );
}
