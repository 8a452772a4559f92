'use client';

import { useState } from 'react';
import { Checkbox } from '#app/components/ui/checkbox.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextArea } from '#app/components/ui/text-field.tsx';
import { type AwsRule, type AwsRules, defaultAwsRules } from '#server/protocol/aws-words.ts';

const denyOrAllow = [
  { value: 'deny', label: 'Deny' },
  { value: 'allow', label: 'Allow' },
];
const flagOrRefuse = [
  { value: 'flag', label: 'Note it' },
  { value: 'refuse', label: 'Refuse it, where the call changes something' },
];

/** What may be called on AWS under a policy. What is denied is denied, whatever else allows it. */
export function AwsFields({ rules }: { rules: AwsRules | null }) {
  const [hasOwn, setHasOwn] = useState(rules !== null);
  const { allow, deny, unknown, credentials, repeats } = rules ?? defaultAwsRules;
  const lines = { mono: true, rows: 3, autoComplete: 'off', spellCheck: false, optional: true } as const;
  return (
    <fieldset className="grid gap-4">
      <legend className="mb-1 text-sm font-medium">Calls to AWS</legend>
      <Checkbox
        name="hasAwsRules"
        label="Rules of its own"
        hint="Otherwise all that is known may be called, but for operations whose answers carry keys."
        checked={hasOwn}
        onChange={(event) => setHasOwn(event.target.checked)}
      />
      {hasOwn && (
        <>
          <TextArea
            {...lines}
            label="Allowed"
            name="aws.allow"
            defaultValue={linesOf(allow)}
            hint="A rule on each line, such as s3:Get* arn:aws:s3:::reports/*. * stands for any text."
          />
          <TextArea
            {...lines}
            label="Denied"
            name="aws.deny"
            defaultValue={linesOf(deny)}
            hint="The same. It wins over what is allowed."
          />
          <Select
            label="Operations that Sallyport does not know by name"
            name="aws.unknown"
            defaultValue={unknown}
            choices={denyOrAllow}
          />
          <Select
            label="Operations whose answers carry keys, such as sts:AssumeRole"
            name="aws.credentials"
            defaultValue={credentials}
            choices={denyOrAllow}
          />
          <Select
            label="A signature that was seen before"
            name="aws.repeats"
            defaultValue={repeats}
            choices={flagOrRefuse}
          />
        </>
      )}
    </fieldset>
  );
}

function linesOf(rules: readonly AwsRule[]): string {
  return rules.map(({ operation, resource }) => (resource === '*' ? operation : `${operation} ${resource}`)).join('\n');
}

/** What `AwsFields` has, as the use cases take it: rules as lines of text; `null` for none of its own. */
export function awsRulesOf(data: FormData) {
  if (!data.has('hasAwsRules')) return null;
  const text = (name: string) => String(data.get(name) ?? '');
  const choice = (name: string) => (text(name) === 'allow' ? ('allow' as const) : ('deny' as const));
  return {
    allow: text('aws.allow'),
    deny: text('aws.deny'),
    unknown: choice('aws.unknown'),
    credentials: choice('aws.credentials'),
    repeats: text('aws.repeats') === 'refuse' ? ('refuse' as const) : ('flag' as const),
  };
}
