import type { Role } from '#server/protocol/session-words.ts';

export const roleLabels: Record<Role, { label: string; hint: string }> = {
  user: { label: 'User', hint: 'Opens sessions on the computers they are granted.' },
  approver: { label: 'Approver', hint: 'Decides requests for access.' },
  auditor: { label: 'Auditor', hint: 'Sees every session and replays recordings of others.' },
  admin: { label: 'Administrator', hint: 'Keeps people, computers, credentials and grants. Replays nothing.' },
};
