import { Play } from 'lucide-react';
import Link from 'next/link';
import { FoundText } from '#app/components/recording-player/found-text.tsx';
import { hashOfMoment } from '#app/components/recording-player/moments.ts';
import { clockText } from '#app/components/terminal-view/clock-text.ts';
import { classNames } from '#app/components/ui/class-names.ts';
import { Time } from '#app/components/ui/time.tsx';
import type { TextHit } from '#server/portal.ts';

/** Lines that were found, those of one session together, each a way to its second of the recording. */
export function SearchHits({ hits, text }: { hits: readonly TextHit[]; text: string }) {
  return (
    <ol aria-label="Lines found" className="grid gap-3">
      {bySession(hits).map(([first, ...others]) => (
        <li key={`${first.sessionId}.${first.seq}`}>
          <section
            aria-label={`${first.personName} on ${first.computerName}`}
            className="overflow-hidden rounded-lg border border-line bg-surface shadow-soft"
          >
            <h2 className="border-b border-line px-4 py-2.5 font-medium wrap-anywhere">
              <Link
                href={`/sessions/${first.sessionId}`}
                prefetch={false}
                className="rounded hover:text-accent hover:underline"
              >
                {first.personName} on {first.computerName}
              </Link>
            </h2>
            <ol className="divide-y divide-line">
              {[first, ...others].map((hit) => (
                <li key={hit.seq}>
                  <Hit hit={hit} text={text} />
                </li>
              ))}
            </ol>
          </section>
        </li>
      ))}
    </ol>
  );
}

function Hit({ hit, text }: { hit: TextHit; text: string }) {
  const { sessionId, elapsedMs, at, before, after } = hit;
  const clock = clockText(elapsedMs);
  return (
    <div className="grid gap-x-4 gap-y-2 px-4 py-3 sm:grid-cols-[11.5rem_minmax(0,1fr)]">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-1 text-sm sm:grid sm:content-start">
        <Link
          href={`/sessions/${sessionId}${hashOfMoment(elapsedMs)}`}
          prefetch={false}
          aria-label={`Play from ${clock}`}
          className="inline-flex w-fit items-center gap-1.5 rounded font-medium text-accent tabular-nums hover:underline pointer-coarse:py-2"
        >
          <Play aria-hidden className="size-3.5" />
          {clock}
        </Link>
        <Time at={at} evidence />
      </div>
      <div
        className={classNames(
          'min-w-0 rounded-md bg-sunken px-3 py-2 font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere',
          !hit.mayCopy && 'select-none',
        )}
      >
        {before !== undefined && <p className="line-clamp-2 text-faint">{before}</p>}
        <p data-testid="found-line">
          <FoundText line={hit.text} text={text} />
        </p>
        {after !== undefined && <p className="line-clamp-2 text-faint">{after}</p>}
      </div>
    </div>
  );
}

type Group = [TextHit, ...TextHit[]];

function bySession(hits: readonly TextHit[]): Group[] {
  const groups: Group[] = [];
  for (const hit of hits) {
    const last = groups.at(-1);
    if (last?.[0].sessionId === hit.sessionId) last.push(hit);
    else groups.push([hit]);
  }
  return groups;
}
