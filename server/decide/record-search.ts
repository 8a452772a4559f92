import { matchesText } from './aws-pattern.ts';

/** What a record is found by. */
export type SearchedRecord = {
  number: number;
  name: string;
  description: string;
  tags: Readonly<Record<string, string>>;
};

/**
 * The records that RECORD of an access key id means: a number is one record's; `name:prod` is that name, with `*` for any
 * text; `tag:team=data` or `tag:team` has that tag; anything else is a whole name, or else words that all stand in name
 * or description. Case does not count. Nothing means every record, so that it is enough for whoever has one.
 */
export function searchRecords<R extends SearchedRecord>(expression: string, records: readonly R[]): R[] {
  const asked = expression.trim().toLowerCase();
  if (/^\d{1,15}$/.test(asked)) return records.filter(({ number }) => number === Number(asked));
  const [, kind, rest = ''] = /^(name|tag):(.*)$/s.exec(asked) ?? [];
  if (kind === 'name') return records.filter(({ name }) => matchesText(rest.trim(), name.toLowerCase()));
  if (kind === 'tag') return records.filter(({ tags }) => hasTag(tags, rest));
  const named = records.filter(({ name }) => name.toLowerCase() === asked);
  return named.length > 0 ? named : records.filter((record) => hasWords(record, asked));
}

function hasTag(tags: SearchedRecord['tags'], asked: string): boolean {
  const mark = asked.indexOf('=');
  const key = (mark < 0 ? asked : asked.slice(0, mark)).trim();
  const value = mark < 0 ? undefined : asked.slice(mark + 1).trim();
  return Object.entries(tags).some(
    ([name, content]) => name.toLowerCase() === key && (value === undefined || content.toLowerCase() === value),
  );
}

function hasWords({ name, description }: SearchedRecord, asked: string): boolean {
  const text = `${name}\n${description}`.toLowerCase();
  return asked.split(/\s+/).every((word) => text.includes(word));
}
