'use client';

import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { type Theme, themeCookie, themes } from './theme.ts';
import { classNames } from './ui/class-names.ts';

const looks = {
  system: { label: 'Theme of the system', icon: Monitor },
  light: { label: 'Light theme', icon: Sun },
  dark: { label: 'Dark theme', icon: Moon },
} as const;

const oneYearSeconds = 365 * 24 * 3600;

/** Light, dark, or as the system says. Kept in a cookie, because the server must know it before the first paint. */
export function ThemeChoice({ theme: initial }: { theme: Theme }) {
  const [theme, setTheme] = useState(initial);

  const choose = (next: Theme) => {
    setTheme(next);
    document.documentElement.dataset.theme = next;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox before 140
    document.cookie = `${themeCookie}=${next}; path=/; max-age=${oneYearSeconds}; samesite=lax`;
  };

  return (
    <fieldset className="inline-flex rounded-md border border-line bg-sunken p-0.5">
      <legend className="sr-only">Theme</legend>
      {themes.map((value) => {
        const { label, icon: Icon } = looks[value];
        return (
          <button
            key={value}
            type="button"
            title={label}
            aria-label={label}
            aria-pressed={theme === value}
            onClick={() => choose(value)}
            className={classNames(
              'grid h-6 w-7 place-items-center rounded pointer-coarse:h-9 pointer-coarse:w-10',
              theme === value ? 'bg-raised text-ink shadow-soft' : 'text-faint hover:text-ink',
            )}
          >
            <Icon aria-hidden className="size-3.5" />
          </button>
        );
      })}
    </fieldset>
  );
}
