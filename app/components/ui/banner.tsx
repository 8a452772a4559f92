import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

type BannerTone = 'info' | 'ok' | 'warn' | 'danger';

const tones = {
  info: { box: 'border-line bg-surface text-ink', mark: 'text-accent', icon: Info },
  ok: { box: 'border-ok/25 bg-ok-soft text-ink', mark: 'text-ok', icon: CircleCheck },
  warn: { box: 'border-warn/25 bg-warn-soft text-ink', mark: 'text-warn', icon: TriangleAlert },
  danger: { box: 'border-danger/25 bg-danger-soft text-ink', mark: 'text-danger', icon: CircleAlert },
} as const;

/** A message that stays. A danger is announced at once, the others when the reader gets there. */
export function Banner({ tone = 'info', title, children }: { tone?: BannerTone; title?: string; children: ReactNode }) {
  const { box, mark, icon: Icon } = tones[tone];
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      className={classNames('flex gap-2.5 rounded-lg border px-3 py-2.5', box)}
    >
      <Icon aria-hidden className={classNames('mt-0.75 size-4 shrink-0', mark)} />
      <div className="min-w-0">
        {title && <p className="font-medium">{title}</p>}
        <div className={classNames(title && 'text-muted')}>{children}</div>
      </div>
    </div>
  );
}
