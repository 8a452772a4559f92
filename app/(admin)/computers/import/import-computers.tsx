'use client';

import { Download, FileUp } from 'lucide-react';
import { type ChangeEvent, useRef, useState } from 'react';
import { saveFile } from '#app/components/save-file.ts';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { Progress } from '#app/components/ui/progress.tsx';
import { tell } from '#app/components/ui/toast.tsx';
import { useAction } from '#app/components/use-action.ts';
import { computerColumns, computerTemplate, importLimits } from '#server/protocol/computer-columns.ts';
import { checkImport, exportComputers, importComputers } from '../actions.ts';
import { ImportPlan, type PlannedRow } from './import-plan.tsx';

type Chosen = { name: string; text: string };

/** A file is chosen, looked at line by line, and imported only then. */
export function ImportComputers() {
  const [chosen, setChosen] = useState<Chosen>();
  const [plan, setPlan] = useState<readonly PlannedRow[]>();
  const [tooLarge, setTooLarge] = useState(false);
  const checking = useAction(checkImport, { onDone: setPlan });
  const importing = useAction(importComputers, {
    onDone: ({ added, waiting }) => {
      setPlan(undefined);
      setChosen(undefined);
      const what = added === 1 ? 'One computer was' : `${added} computers were`;
      const rest = waiting > 0 ? ` The credentials of ${waiting} of them wait to be confirmed.` : '';
      tell.done(`${what} added.${rest}`);
    },
  });

  const choose = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = ''; // The same file can be chosen again once it was mended.
    if (!file) return;
    setPlan(undefined);
    importing.reset();
    setTooLarge(file.size > 2 * importLimits.characters);
    if (file.size > 2 * importLimits.characters) return;
    const text = await file.text();
    setChosen({ name: file.name, text });
    checking.run({ text });
  };
  const problem = tooLarge
    ? 'This file is larger than any table of computers. Import it in parts.'
    : (fileProblem(checking) ?? fileProblem(importing));

  return (
    <div className="grid gap-5">
      <Choosing onChoose={choose} />
      {checking.pending && <Progress label={`Looking at ${chosen?.name ?? 'the file'}…`} />}
      {!checking.pending && problem && <Banner tone="danger">{problem}</Banner>}
      {plan && chosen && !checking.pending && (
        <ImportPlan
          key={chosen.text}
          fileName={chosen.name}
          rows={plan}
          pending={importing.pending}
          onImport={() => importing.run({ text: chosen.text })}
        />
      )}
    </div>
  );
}

function fileProblem({ problem, errors }: { problem?: string; errors?: Record<string, string> }): string | undefined {
  return errors?.text ?? problem;
}

function Choosing({ onChoose }: { onChoose: (event: ChangeEvent<HTMLInputElement>) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const exporting = useAction(exportComputers, { onDone: (text) => saveFile('computers.csv', text) });
  return (
    <section aria-labelledby="choose" className="rounded-lg border border-line bg-surface p-5 shadow-soft">
      <h2 id="choose" className="text-lg font-semibold">
        Import a table
      </h2>
      <p className="mt-1 max-w-3xl text-muted">
        A CSV file in UTF-8 with a first line of column names: {computerColumns.join(', ')}. Only name and server are
        needed; a person is named by email. You see what each line would do before anything is changed.
      </p>
      <div className="mt-4 flex flex-wrap gap-2">
        <input ref={input} type="file" accept=".csv,.txt,.tsv,text/csv" className="hidden" onChange={onChoose} />
        <Button look="primary" icon={FileUp} onClick={() => input.current?.click()}>
          Choose a file
        </Button>
        <Button icon={Download} onClick={() => saveFile('computers-template.csv', computerTemplate())}>
          Download template
        </Button>
        <Button icon={Download} pending={exporting.pending} onClick={() => exporting.run({})}>
          Download all computers
        </Button>
      </div>
      {exporting.problem && <p className="mt-3 text-danger">{exporting.problem}</p>}
    </section>
  );
}
