'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import {
  type ConnectClaims,
  connectInput,
  type StartFields,
  submitStart,
  termsPath,
} from '#app/components/start-form.ts';
import { connect } from './actions.ts';

type State = { pending: boolean; refused?: string; blocked?: () => void };

/**
 * Connect: a tab is opened in the click itself, because browsers allow it only there, and the launch is sent from it once
 * the server has made one. Where a tab may not be opened, `blocked` sends it from this one.
 */
export function useConnect(claims: ConnectClaims & { name: string }) {
  const router = useRouter();
  const [state, setState] = useState<State>({ pending: false });

  const go = (tab: Window | null, fields: StartFields) => {
    if (tab && !tab.closed) submitStart(tab.document, fields);
    setState({ pending: false, blocked: tab ? undefined : () => submitStart(document, fields) });
  };

  const readTerms = (tab: Window | null) => {
    const path = termsPath(claims);
    if (tab && !tab.closed) tab.location.replace(path);
    setState({ pending: false, blocked: tab ? undefined : () => window.location.assign(path) });
  };

  const start = async () => {
    const tab = openWaitingTab(claims.name);
    setState({ pending: true });
    const result = await connect(connectInput(claims)).catch(() => undefined);
    if (result?.ok) return go(tab, result.value);
    if (result?.code === 'terms_not_accepted') return readTerms(tab);
    tab?.close();
    if (result?.code === 'not_signed_in' || result?.code === 'signed_out') return router.push('/sign-in');
    setState({ pending: false, refused: result?.message ?? 'Sallyport did not answer. Please try again.' });
    router.refresh();
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
