'use client';

import { AArrowDown, AArrowUp, Accessibility, Ellipsis, LogOut, type LucideIcon, Maximize, Search } from 'lucide-react';
import type { RefObject } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Elapsed } from './elapsed.tsx';
import { toggleFullScreen } from './full-screen.ts';
import type { SessionView } from './session-view.ts';
import { fontSizes, type TerminalPreferences, withinSizes } from './terminal-preferences.ts';
import { TimeLeft } from './time-left.tsx';

type SessionBarProps = {
  computer: string;
  view: SessionView;
  preferences: TerminalPreferences | undefined;
  onChange: (preferences: TerminalPreferences) => void;
  onFind: () => void;
  onDisconnect: () => void;
  toolbar: RefObject<HTMLDivElement | null>;
};

type Act = { label: string; icon: LucideIcon; run: () => void; pressed?: boolean; disabled?: boolean };

/** Where one is, as whom and for how long, and what one can do about it. */
export function SessionBar({ computer, view, toolbar, onDisconnect, ...rest }: SessionBarProps) {
  const { opened, limits, ending } = view;
  const acts = actsOf(rest);
  return (
    <header className="flex min-h-12 items-center gap-3 border-b border-line bg-surface px-3 sm:px-4">
      <div className="min-w-0 flex-1 items-baseline gap-2.5 sm:flex">
        <h1 className="truncate font-semibold tracking-tight max-sm:leading-tight">{opened?.computer ?? computer}</h1>
        {opened && (
          <span className="block truncate font-mono text-sm text-muted max-sm:text-xs" title="Account on the computer">
            {opened.account}
          </span>
        )}
      </div>
      {limits && <TimeLeft limits={limits} />}
      {opened && (
        <Elapsed sinceMs={opened.atMs} over={ending !== undefined} isSecond={limits?.endsAtMs !== undefined} />
      )}
      <div ref={toolbar} role="toolbar" aria-label="Terminal" className="flex items-center">
        <div className="hidden items-center sm:flex">
          {acts.map(({ label, icon, run, pressed, disabled }) => (
            <IconButton
              key={label}
              label={label}
              icon={icon}
              onClick={run}
              aria-pressed={pressed}
              disabled={disabled}
              className={classNames(pressed && 'bg-accent-soft text-accent')}
            />
          ))}
        </div>
        <div className="sm:hidden">
          <Menu trigger={<IconButton label="Terminal options" icon={Ellipsis} />}>
            {acts.map(({ label, icon, run, pressed, disabled }) => (
              <MenuItem key={label} icon={icon} onClick={run} disabled={disabled}>
                {pressed ? `${label}: on` : label}
              </MenuItem>
            ))}
          </Menu>
        </div>
      </div>
      {!ending && (
        <Button size="small" icon={LogOut} onClick={onDisconnect}>
          Disconnect
        </Button>
      )}
    </header>
  );
}

function actsOf({
  preferences,
  onChange,
  onFind,
}: Pick<SessionBarProps, 'preferences' | 'onChange' | 'onFind'>): Act[] {
  const { fontSize, screenReaderMode } = preferences ?? { fontSize: fontSizes.usual, screenReaderMode: false };
  const resize = (by: number) => onChange({ screenReaderMode, fontSize: withinSizes(fontSize + by) });
  return [
    { label: 'Find', icon: Search, run: onFind },
    { label: 'Smaller text', icon: AArrowDown, run: () => resize(-1), disabled: fontSize <= fontSizes.min },
    { label: 'Larger text', icon: AArrowUp, run: () => resize(1), disabled: fontSize >= fontSizes.max },
    {
      label: 'Screen reader mode',
      icon: Accessibility,
      run: () => onChange({ fontSize, screenReaderMode: !screenReaderMode }),
      pressed: screenReaderMode,
    },
    { label: 'Full screen', icon: Maximize, run: () => void toggleFullScreen().catch(() => {}) },
  ];
}
