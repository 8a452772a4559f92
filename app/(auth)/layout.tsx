import type { ReactNode } from 'react';
import { Logo } from '#app/components/logo.tsx';

/** Before anybody is signed in: one card in the middle. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <main className="grid min-h-dvh grid-rows-[1fr_auto] px-4 py-10">
      <div className="m-auto w-full max-w-sm">
        <div className="mb-7 flex flex-col items-center gap-3">
          <Logo className="size-10" />
          <span className="text-lg font-semibold tracking-tight">Sallyport</span>
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-soft">{children}</div>
      </div>
      <p className="mt-8 text-center text-xs text-faint">
        Sign-ins and sessions are recorded. Use this system only if you are allowed to.
      </p>
    </main>
  );
}
