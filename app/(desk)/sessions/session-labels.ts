import {
  type EndReason,
  endSentence,
  type RecordingRule,
  type SessionMode,
  type SessionState,
} from '#server/protocol/session-words.ts';

export type Label = { tone: 'neutral' | 'accent' | 'ok' | 'warn' | 'danger'; text: string };

const states: Record<SessionState, Label> = {
  requested: { tone: 'neutral', text: 'Requested' },
  opening: { tone: 'accent', text: 'Connecting' },
  active: { tone: 'ok', text: 'Running' },
  ended: { tone: 'neutral', text: 'Ended' },
};

export function stateLabel(state: SessionState): Label {
  return states[state];
}

type RecordingFacts = {
  state: 'writing' | 'sealed' | 'failed' | 'deleted';
  sealReason: string | null;
  playable: 'unknown' | 'playable' | 'unplayable';
  heldAt?: Date | null;
} | null;

/** Beside the state, where nobody may delete it. */
export function holdLabel(recording: RecordingFacts): Label | undefined {
  return recording?.heldAt ? { tone: 'accent', text: 'On hold' } : undefined;
}

/** What there is of a recording. A crash is said: the recording is whole, but the session did not end by itself. */
export function recordingLabel(recording: RecordingFacts): Label {
  if (!recording) return { tone: 'neutral', text: 'None' };
  if (recording.state === 'deleted') return { tone: 'neutral', text: 'Deleted' };
  if (recording.state === 'writing') return { tone: 'accent', text: 'Being written' };
  if (recording.state === 'failed')
    return { tone: 'danger', text: recording.sealReason === 'forged' ? 'Forged' : 'Failed' };
  if (recording.playable === 'unplayable') return { tone: 'danger', text: 'Cannot be played' };
  return recording.sealReason === 'crash'
    ? { tone: 'warn', text: 'Sealed after a crash' }
    : { tone: 'ok', text: 'Sealed' };
}

const rules: Record<RecordingRule, string> = {
  required: 'Recording required',
  best_effort: 'Recorded if possible',
  off: 'Not recorded',
};

export function recordingRuleText(rule: RecordingRule): string {
  return rules[rule];
}

type SessionTimes = { openedAt: Date | null; endedAt: Date | null };

/** How long it lasted, or has lasted at `now`; `undefined` for one that nobody opened. */
export function lastedMs({ openedAt, endedAt }: SessionTimes, now: Date): number | undefined {
  return openedAt ? (endedAt ?? now).getTime() - openedAt.getTime() : undefined;
}

/** `1.4 MB`, as storage is counted. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Why a session ended. Nobody types in one of calls. */
export function endText(mode: SessionMode, reason: EndReason): string {
  return mode === 'AWS' && reason === 'idle' ? 'No call was made for a while.' : endSentence(reason);
}

export function callsText(calls: number): string {
  return calls === 1 ? '1 call' : `${calls} calls`;
}
