'use client';

import { useState } from 'react';
import type { MadeToken } from '#app/components/api-tokens/make-token-form.tsx';
import type { ListedToken } from '#app/components/api-tokens/token-columns.tsx';
import { CopyBlock } from '#app/components/ui/copy-block.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { Tabs } from '#app/components/ui/tabs.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import type { UsableRecord } from './my-records.tsx';
import { type Way, waysToCall } from './ways.ts';

type WaysSectionProps = {
  records: readonly UsableRecord[];
  tokens: readonly ListedToken[];
  made: MadeToken | undefined;
  proxy: string;
};

/** The lines for one record and one token, for each kind of program. The secret is in them while it is known here. */
export function WaysSection({ records, tokens, made, proxy }: WaysSectionProps) {
  const [number, setNumber] = useState(records[0]?.number ?? 0);
  const [chosen, setChosen] = useState('');
  const [caFile, setCaFile] = useState('sallyport.pem');
  const tokenId = chosen || made?.tokenId || tokens[0]?.tokenId || 'TOKEN-ID';
  const record = records.find((each) => each.number === number);
  const region = record?.regions[0] ?? regionOf(record?.partition);
  const secret = made && made.tokenId === tokenId ? made.secret : '';
  const ways = waysToCall({
    proxy,
    caFile: caFile || 'sallyport.pem',
    tokenId,
    secret,
    record: String(number),
    region,
  });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div className="grid max-w-3xl gap-4 sm:grid-cols-3">
        <Select
          label="Record"
          name="record"
          value={String(number)}
          choices={records.map((each) => ({ value: String(each.number), label: `${each.name} (No. ${each.number})` }))}
          onChange={(event) => setNumber(Number(event.target.value))}
        />
        <Select
          label="Token"
          name="token"
          value={tokenId}
          choices={choicesOf(tokens, made)}
          onChange={(event) => setChosen(event.target.value)}
        />
        <TextField
          label="Where the certificate is"
          name="caFile"
          value={caFile}
          autoComplete="off"
          spellCheck={false}
          hint="The file you downloaded, by its whole path."
          onChange={(event) => setCaFile(event.target.value)}
        />
      </div>
      <p className="max-w-prose text-muted">
        Instead of the number a search does as well that finds exactly one of your records: name:prod, tag:team=data, or
        words of its name.
      </p>
      <Tabs
        label="Programs"
        tabs={ways.map((way) => ({ value: way.id, label: way.label, content: <Lines way={way} /> }))}
      />
    </div>
  );
}

function choicesOf(tokens: readonly ListedToken[], made: MadeToken | undefined) {
  const known = tokens.map(({ tokenId, name }) => ({ value: tokenId, label: name }));
  if (made && !known.some(({ value }) => value === made.tokenId))
    known.unshift({ value: made.tokenId, label: 'New token' });
  return known.length > 0 ? known : [{ value: 'TOKEN-ID', label: 'Make a token first' }];
}

function regionOf(partition = 'aws'): string {
  return regions[partition] ?? 'us-east-1';
}

const regions: Readonly<Record<string, string>> = {
  aws: 'us-east-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-cn': 'cn-north-1',
  'aws-eusc': 'eusc-de-east-1',
  'aws-iso': 'us-iso-east-1',
  'aws-iso-b': 'us-isob-east-1',
  'aws-iso-e': 'eu-isoe-west-1',
  'aws-iso-f': 'us-isof-south-1',
};

function Lines({ way: { where, text, traps, label } }: { way: Way }) {
  return (
    <div className="grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-3">
      <p className="text-muted">{where}</p>
      <CopyBlock label={`Lines for ${label}`} text={text} />
      <div>
        <p className="text-sm font-medium">What goes wrong here</p>
        <ul className="mt-1 list-disc pl-5 text-sm text-muted">
          {traps.map((trap) => (
            <li key={trap}>{trap}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}
