import {
  type RecordingFilter,
  recordingFilters,
  type SessionMode,
  type SessionState,
  sessionModes,
} from '#server/protocol/session-words.ts';

/** What part of the list is looked at; all of it is in the address, so that it can be sent to a colleague. */
export type ListQuery = {
  search?: string;
  state?: SessionState;
  mode?: SessionMode;
  recording?: RecordingFilter;
  cursor?: string;
};

type SearchParams = Record<string, string | string[] | undefined>;

/** The filters of the page. Only two of the states are worth a filter; anything else means all. */
export const stateFilters = [
  { state: undefined, text: 'All' },
  { state: 'active', text: 'Running' },
  { state: 'ended', text: 'Ended' },
] as const;

/** What is looked for in recordings, for those who see the sessions of all. */
export const recordingFilterTexts: Record<RecordingFilter, string> = {
  unplayable: 'No playable recording',
  held: 'On hold',
  kept: 'Not deleted in time',
  deleted: 'Deleted',
};

export function readListQuery({ q, state, mode, recording, before }: SearchParams): ListQuery {
  return {
    search: textOf(q)?.trim() || undefined,
    state: stateFilters.find((filter) => filter.state !== undefined && filter.state === state)?.state,
    mode: sessionModes.find((each) => each === mode),
    recording: recordingFilters.find((filter) => filter === recording),
    cursor: textOf(before) || undefined,
  };
}

export function listPath({ search, state, mode, recording, cursor }: ListQuery): string {
  const params = new URLSearchParams();
  if (search) params.set('q', search);
  if (state) params.set('state', state);
  if (mode) params.set('mode', mode);
  if (recording) params.set('recording', recording);
  if (cursor) params.set('before', cursor);
  const text = params.toString();
  return text ? `/sessions?${text}` : '/sessions';
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
