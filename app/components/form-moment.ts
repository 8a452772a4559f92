/** What a `datetime-local` field holds, as ISO 8601 in UTC; `null` for empty. What is no date stays as typed, to be refused. */
export function isoFromField(text: string): string | null {
  if (text === '') return null;
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString();
}
