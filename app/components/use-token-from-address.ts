'use client';

import { useEffect, useRef } from 'react';

/** The token of a link: after the `#`, so that no server sees it, and out of the address bar at once. */
export function useTokenFromAddress() {
  const token = useRef('');
  useEffect(() => {
    const { hash, pathname } = window.location;
    const given = new URLSearchParams(hash.slice(1)).get('token');
    if (!given) return;
    token.current = given;
    window.history.replaceState(null, '', pathname);
  }, []);
  return token;
}
