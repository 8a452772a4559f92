import type { ReactNode } from 'react';
import { Logo } from '#app/components/logo.tsx';

/** The tab in which a session begins: one card in the middle, and nothing that leads elsewhere. */
export default function StartLayout({ children }: { children: ReactNode }) {
  return (
    <main className="grid min-h-dvh px-4 py-10">
      <div className="m-auto w-full max-w-lg">
        <div className="mb-6 flex items-center justify-center gap-2.5">
          <Logo className="size-7" />
          <span className="font-semibold tracking-tight">Sallyport</span>
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-soft">{children}</div>
      </div>
    </main>
  );
}
