'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { type ConnectClaims, connectInput, termsPath } from '#app/components/connect-claims.ts';
import { type StartFields, submitStart } from '#app/components/start-form.ts';
import { connect } from './actions.ts';

export type ConnectState = {
  pending: boolean;
  refused?: string;
  /** What was refused, by the field that says it. */
  errors?: Record<string, string>;
  /** Opens the session from this tab, since no other may be opened. */
  blocked?: () => void;
};

/**
 * Connect: a tab is opened in the click itself, because browsers allow it only there, and the launch is sent from it once
 * the server has made one. Where a tab may not be opened, `blocked` sends it from this one.
 */
export function useConnect(name: string) {
  const router = useRouter();
  const [state, setState] = useState<ConnectState>({ pending: false });

  /** Answers whether the session is on its way in a tab of its own. */
  const handOver = (tab: Window | null, inTab: (tab: Window) => void, here: () => void): boolean => {
    if (tab && !tab.closed) inTab(tab);
    setState({ pending: false, blocked: tab ? undefined : here });
    return tab !== null;
  };
  const go = (tab: Window | null, fields: StartFields) =>
    handOver(
      tab,
      ({ document: target }) => submitStart(target, fields),
      () => submitStart(document, fields),
    );
  const readTerms = (tab: Window | null, path: string) =>
    handOver(
      tab,
      ({ location }) => location.replace(path),
      () => window.location.assign(path),
    );

  const start = async (claims: ConnectClaims): Promise<boolean> => {
    const tab = openWaitingTab(name);
    setState({ pending: true });
    const result = await connect(connectInput(claims)).catch(() => undefined);
    if (result?.ok) return go(tab, result.value);
    if (result?.code === 'terms_not_accepted') return readTerms(tab, termsPath(claims));
    tab?.close();
    if (result?.code === 'not_signed_in' || result?.code === 'signed_out') {
      router.push('/sign-in');
      return false;
    }
    const refused = result?.message ?? 'Sallyport did not answer. Please try again.';
    setState({ pending: false, ...(result?.fields ? { errors: result.fields } : { refused }) });
    router.refresh();
    return false;
  };

  return { ...state, start };
}

function openWaitingTab(name: string): Window | null {
  const tab = window.open('', '_blank');
  if (!tab) return null;
  tab.document.title = `Connecting to ${name}`;
  tab.document.documentElement.style.colorScheme = getComputedStyle(document.documentElement).colorScheme;
  tab.opener = null;
  return tab;
}
