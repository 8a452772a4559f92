'use client';

import { useState } from 'react';

/** A dialog about something. The subject stays while it fades out, so that its words do not vanish first. */
export function useDialog<Subject>() {
  const [state, setState] = useState<{ isOpen: boolean; subject?: Subject }>({ isOpen: false });
  return {
    ...state,
    show: (subject: Subject) => setState({ isOpen: true, subject }),
    close: () => setState(({ subject }) => ({ isOpen: false, subject })),
  };
}
