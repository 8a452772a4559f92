import { firstOf, type Headers } from './headers.ts';

/** When a request says it was signed, from `x-amz-date` or else `Date`; `undefined` when neither tells. */
export function signedAt(headers: Headers): Date | undefined {
  const own = firstOf(headers, 'x-amz-date');
  if (own !== undefined) return fromBasic(own);
  const general = firstOf(headers, 'date');
  return general === undefined ? undefined : (fromBasic(general) ?? fromGeneral(general));
}

/** `20261120T132405Z` */
export function basicTime(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

function fromBasic(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return !Number.isNaN(date.getTime()) && basicTime(date) === text ? date : undefined;
}

function fromGeneral(text: string): Date | undefined {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toUTCString() === text ? date : undefined;
}
