'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { connect } from './actions.ts';

type State = { pending: boolean; refused?: string; blockedUrl?: string };

/**
 * Connect: a tab is opened in the click itself, because browsers allow it only there, and sent to the session once the
 * server has made one. Where a tab may not be opened, `blockedUrl` is a link to press.
 */
export function useConnect({ guid, name }: { guid: string; name: string }) {
  const router = useRouter();
  const [state, setState] = useState<State>({ pending: false });

  const start = async () => {
    const tab = openWaitingTab(name);
    setState({ pending: true });
    const result = await connect({ computerGuid: guid }).catch(() => undefined);
    if (result?.ok) {
      const url = `/session/${result.value.sessionId}`;
      if (tab && !tab.closed) tab.location.replace(url);
      setState({ pending: false, blockedUrl: tab ? undefined : url });
      return;
    }
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
