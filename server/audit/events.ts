import type { PersonId, SessionId } from '../ids.ts';

/**
 * Every kind of event and the only fields it may carry: an allow-list, so that nothing secret can be written by accident.
 * Kinds are dotted and past tense. Opened and finished are two rows, never one that is updated.
 */
export type AuditSubjects = {
  'installation.set_up': { personId: string };
  'login.succeeded': { loginSessionId: string; address: string | null };
  'login.failed': { email: string; address: string | null; why: 'unknown' | 'password' | 'disabled' | 'throttled' };
  'login.revoked': { loginSessionId: string; personId: string };
  'person.created': { personId: string; name: string; roles: string[] };
  'person.changed': { personId: string; fields: string[] };
  'person.disabled': { personId: string };
  'person.enabled': { personId: string };
  'group.created': { groupId: string; name: string };
  'group.renamed': { groupId: string; name: string };
  'group.members_changed': { groupId: string; added: string[]; removed: string[] };
  'group.deleted': { groupId: string; name: string };
  'computer.created': { computerId: number; name: string; server: string; port: number };
  'computer.changed': { computerId: number; fields: string[] };
  'computer.disabled': { computerId: number };
  'computer.enabled': { computerId: number };
  'credential.created': { credentialId: string; name: string; type: string };
  'credential.changed': { credentialId: string; fields: string[] };
  'credential.deleted': { credentialId: string; name: string };
  'credential.put_to_use': { credentialId: string; computerId: number; server: string; port: number };
  'credential.released': { credentialId: string; computerId: number };
  'personal_credential.created': { credentialId: string; type: string };
  'personal_credential.changed': { credentialId: string; fields: string[] };
  'personal_credential.deleted': { credentialId: string };
  'master_password.set': { personId: string; byLink: boolean };
  'master_password.changed': { personId: string };
  'master_password.failed': { personId: string; why: 'password' | 'throttled' };
  /** An administrator took a key pair away, and with it what was sealed for it. */
  'master_password.reset': { personId: string; destroyed: number };
  'master_password.link_refused': { personId: string };
  'vault.unlocked': { loginSessionId: string; until: string };
  'vault.locked': { loginSessionId: string };
  'notice.seen': { noticeId: string; notice: string };
  'policy.created': { policyId: string; name: string };
  'policy.changed': { policyId: string; fields: string[] };
  'grant.created': { grantId: string; computerId: number; personId: string | null; groupId: string | null };
  'grant.revoked': { grantId: string };
  'host_key.pinned': { server: string; port: number; fingerprint: string; keyType: string };
  'host_key.forgotten': { server: string; port: number; fingerprint: string };
  'host_key.mismatch': { server: string; port: number; pinned: string; shown: string };
  'terms.published': { version: number; sha256: string };
  'terms.accepted': { version: number; sha256: string };
  'check_out.created': { checkOutId: string; computerId: number; credentialId: string; isPersonal: boolean };
  'check_out.refused': { computerId: number; code: string };
  'check_out.ended': { checkOutId: string; reason: string };
  'launch.bound': { launchId: string; origin: string | null; apiUrl: string };
  'launch.refused': { launchId: string; code: string };
  /** Somebody showed the handles of a check-out to the identity API who is not the gateway. */
  'identity.alarm': { checkOutId: string; why: string; address: string | null };
  'identity.refused': { checkOutId: string; code: string };
  'end_session.delivered': { apiUrl: string; attempts: number };
  'end_session.given_up': { apiUrl: string; attempts: number };
  'end_session.sent_again': { jobId: string };
  'session.requested': { computerId: number; mode: string; grantId: string };
  'session.refused': { computerId: number; code: string };
  'ticket.refused': { code: string };
  'session.opened': { computerId: number; account: string; recorded: boolean };
  'session.paste_refused': { bytes: number };
  'session.ended': { reason: string; bytesOut: number; bytesIn: number; exitStatus: number | null };
  'session.terminate_requested': { reason: string };
  'recording.segment': { seq: number; head: string };
  'recording.failed': { code: string };
  'recording.sealed': { head: string; manifestSha256: string; reason: string; bytes: number };
  'recording.viewed': { part: string };
  'setting.changed': { setting: string; from: string; to: string };
  /** Cross-anchor: the heads of the other writers' chains as this writer saw them. */
  'audit.anchored': { heads: { writerId: string; seq: number; hash: string }[] };
  /** Written once for each filter that somebody opens, however many pages of it they turn. */
  'audit.viewed': { filters: Record<string, string> };
  'audit.exported': { filters: Record<string, string> };
};

export type AuditKind = keyof AuditSubjects;

export type AuditEvent = {
  [K in AuditKind]: { kind: K; actorId?: PersonId | null; sessionId?: SessionId | null; subject: AuditSubjects[K] };
}[AuditKind];
