'use client';

import { CSPProvider } from '@base-ui/react/csp-provider';
import type { ReactNode } from 'react';
import { ToastProvider } from './ui/toast.tsx';

/** What every page needs in the browser: the nonce for widgets that bring their own styles, and toasts. */
export function BrowserFrame({ nonce, children }: { nonce?: string; children: ReactNode }) {
  return (
    <CSPProvider nonce={nonce}>
      <ToastProvider>{children}</ToastProvider>
    </CSPProvider>
  );
}
