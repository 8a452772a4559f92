import { Checkbox, CheckboxGroup } from '#app/components/ui/checkbox.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { policyBounds } from '#server/protocol/policy-bounds.ts';
import type { Policy } from './policies-list.tsx';

/** When a session under this policy ends by itself, how long it waits for its browser, and who may look at it. */
export function LimitFields({ policy }: { policy?: Policy }) {
  return (
    <>
      <fieldset className="grid gap-3 sm:grid-cols-2">
        <legend className="mb-2 text-sm font-medium">When sessions end</legend>
        <NumberField
          name="idleTimeoutMinutes"
          label="Idle time-out"
          unit="minutes"
          hint="Without a key or a paste."
          value={policy?.idleTimeoutMinutes}
          optional
        />
        <NumberField
          name="maxDurationMinutes"
          label="Longest duration"
          unit="minutes"
          hint="Empty: as long as the access."
          value={policy?.maxDurationMinutes}
          optional
        />
        <NumberField
          name="graceSeconds"
          label="Wait for a lost browser"
          unit="seconds"
          hint="0: end at once."
          value={policy?.graceSeconds ?? 60}
        />
        <NumberField
          name="retentionDays"
          label="Keep recordings"
          unit="days"
          hint="Empty: as the settings say."
          value={policy?.retentionDays}
          optional
        />
      </fieldset>
      <CheckboxGroup label="Watching">
        <Checkbox
          name="allowSnooping"
          label="Auditors may look at running sessions"
          hint="They see the screen and cannot type. Each look is in the audit log."
          defaultChecked={policy?.allowSnooping}
        />
        <Checkbox
          name="tellWatched"
          label="Tell people who looks"
          hint="A line in their session names who is looking."
          defaultChecked={policy?.tellWatched ?? true}
        />
      </CheckboxGroup>
    </>
  );
}

type NumberFieldProps = {
  name: keyof typeof policyBounds;
  label: string;
  unit: string;
  hint: string;
  value: number | null | undefined;
  optional?: boolean;
};

function NumberField({ name, label, unit, hint, value, optional = false }: NumberFieldProps) {
  const [min, max] = policyBounds[name];
  return (
    <TextField
      label={`${label} (${unit})`}
      name={name}
      defaultValue={value === null || value === undefined ? '' : String(value)}
      inputMode="numeric"
      autoComplete="off"
      hint={`${hint} ${min} to ${max}.`}
      optional={optional}
      required={!optional}
    />
  );
}

/** What `LimitFields` has, as the use cases take it: numbers as they were typed. */
export function limitsOf(data: FormData) {
  const typed = (name: keyof typeof policyBounds) => String(data.get(name) ?? '').trim();
  return {
    graceSeconds: typed('graceSeconds'),
    idleTimeoutMinutes: typed('idleTimeoutMinutes'),
    maxDurationMinutes: typed('maxDurationMinutes'),
    retentionDays: typed('retentionDays'),
    allowSnooping: data.has('allowSnooping'),
    tellWatched: data.has('tellWatched'),
  };
}
