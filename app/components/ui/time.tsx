'use client';

import { useSyncExternalStore } from 'react';
import { localText, utcText } from './moment-text.ts';

const never = () => () => {};

/** True once the page lives in a browser: until then nobody knows the reader's time zone. */
function useInBrowser(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

type TimeProps = {
  /** A moment; as text it is ISO 8601. */
  at: Date | string;
  /** Evidence: local and UTC, both to the second. Otherwise local time, with UTC as its tooltip. */
  evidence?: boolean;
};

export function Time({ at: moment, evidence = false }: TimeProps) {
  const at = new Date(moment).toISOString();
  const inBrowser = useInBrowser();
  if (!inBrowser) return <time dateTime={at}>{utcText(at, evidence)}</time>;
  if (!evidence) {
    return (
      <time dateTime={at} title={utcText(at)} className="whitespace-nowrap tabular-nums">
        {localText(at)}
      </time>
    );
  }
  return (
    <time dateTime={at} className="inline-grid tabular-nums">
      <span className="whitespace-nowrap">{localText(at, true)}</span>
      <span className="text-xs whitespace-nowrap text-faint">{utcText(at)}</span>
    </time>
  );
}
