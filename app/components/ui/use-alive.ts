'use client';

import { useSyncExternalStore } from 'react';

const never = () => () => {};

/** Whether the page answers yet: false in what the server sent, true from the moment that handlers are attached. */
export function useAlive(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
