import type { Metadata } from 'next';
import { SetUpForm } from './set-up-form.tsx';

export const metadata: Metadata = { title: 'Set up', referrer: 'no-referrer' };

export default function SetUpPage() {
  return (
    <>
      <h1 className="text-xl font-semibold">Set up Sallyport</h1>
      <p className="mt-1 mb-5 text-muted">You become the first administrator. Everyone else is added by you.</p>
      <SetUpForm />
    </>
  );
}
