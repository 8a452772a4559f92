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
  'computers.imported': { added: number; sha256: string };
  'computer.credential_given': { computerId: number; credentialId: string; accessLevelId: string | null };
  'computer.credential_taken': { computerId: number; credentialId: string };
  'credential.suspended': { credentialId: string; server: string; port: number; why: string; from: string | null };
  'credential.resumed': {
    credentialId: string;
    server: string;
    port: number;
    how: 'entered' | 'confirmed';
    suspendedBy: string | null;
  };
  /** `referenceId`: the record whose secret it was, if not its own. */
  'credential.released': { credentialId: string; computerId: number; referenceId?: string };
  'credential.referred': { credentialId: string; referenceId: string };
  'credential.test_begun': {
    credentialId: string;
    referenceId?: string;
    computerId: number;
    server: string;
    port: number;
  };
  'credential.test_ended': { credentialId: string; computerId: number; result: string };
  'aws_record.created': {
    credentialId: string;
    name: string;
    accessKeyId: string;
    partition: string;
    referenceId?: string;
  };
  'aws_record.changed': { credentialId: string; fields: string[] };
  /** `to`: where its keys go from now on; null: to AWS. */
  'aws_record.endpoint_changed': { credentialId: string; from: string | null; to: string | null };
  'aws_record.disabled': { credentialId: string };
  'aws_record.enabled': { credentialId: string };
  'aws_record.check_begun': { credentialId: string; referenceId?: string };
  'aws_record.checked': { credentialId: string; result: string };
  'api_token.created': {
    apiTokenId: string;
    tokenId: string;
    name: string;
    scopes: string[];
    networks: string[];
    credentialIds: string[];
    expiresAt: string;
  };
  'api_token.revoked': { apiTokenId: string; tokenId: string; personId: string };
  'record_type.created': { recordTypeId: string; name: string; kind: string };
  'record_type.changed': { recordTypeId: string; name: string; fields: string[] };
  'record_type.disabled': { recordTypeId: string; name: string };
  'record_type.enabled': { recordTypeId: string; name: string };
  'record_type.field_added': { recordTypeId: string; name: string; field: string; type: string };
  'record_type.field_changed': { recordTypeId: string; name: string; field: string; fields: string[] };
  /** `values`: how many credentials had something in it, which went with it. */
  'record_type.field_removed': { recordTypeId: string; name: string; field: string; values: number };
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
  'access_level.created': { accessLevelId: string; name: string };
  'access_level.changed': { accessLevelId: string; name: string; fields: string[] };
  'access_level.deleted': { accessLevelId: string; name: string };
  'grant.created': {
    grantId: string;
    /** Of this and `credentialId`, a record for calls, one is there. */
    computerId: number | null;
    credentialId?: string;
    personId: string | null;
    groupId: string | null;
    /** Events of earlier versions lack these two. */
    policyId?: string;
    accessLevelId?: string | null;
  };
  'grant.revoked': { grantId: string };
  'host_key.pinned': { server: string; port: number; fingerprint: string; keyType: string };
  'host_key.forgotten': { server: string; port: number; fingerprint: string };
  'host_key.mismatch': { server: string; port: number; pinned: string; shown: string };
  'terms.published': { version: number; sha256: string };
  'terms.accepted': { version: number; sha256: string };
  'check_out.created': {
    checkOutId: string;
    computerId: number;
    credentialId: string;
    isPersonal: boolean;
    /** Name of the access level; `null` is the standard one. */
    accessLevel?: string | null;
  };
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
  /** No browser is at it: it waits for one. */
  'session.detached': Record<string, never>;
  /** `takenOver`: from another browser that was at it. */
  'session.attached': { takenOver: boolean };
  /** Somebody began to look at the session; `told`: its person was told. */
  'session.watched': { how: 'watch' | 'wall'; told: boolean };
  'session.watch_ended': { how: 'watch' | 'wall' };
  'session.paste_refused': { bytes: number };
  'session.ended': { reason: string; bytesOut: number; bytesIn: number; exitStatus: number | null };
  'session.terminate_requested': { reason: string; why?: string };
  /** The first call of a token with a record, after none for a while. */
  'aws.session_opened': { credentialId: string; apiTokenId: string; tokenName: string; grantId: string };
  'aws.session_ended': { reason: string; calls: number; bytesOut: number; bytesIn: number };
  /** Written before the call is made. `operation`: `ec2:DescribeInstances`, or `ec2:?`. Parameters are without secrets. */
  'aws.called': {
    callId: string;
    operation: string;
    region: string;
    resource: string | null;
    parameters: Record<string, unknown>;
    route: string;
    host: string;
    method: string;
    path: string;
    address: string;
    command: string | null;
    isRepeat: boolean;
  };
  'aws.answered': {
    callId: string;
    status: number | null;
    awsRequestId: string | null;
    bytesOut: number;
    bytesIn: number;
    problem: string | null;
  };
  /** `token`: what the request said of itself, where its signature was not verified. */
  'aws.refused': {
    callId: string;
    reason: string;
    apiTokenId: string | null;
    token: string | null;
    record: string | null;
    operation: string | null;
    region: string | null;
    resource: string | null;
    route: string;
    host: string;
    method: string;
    path: string;
    address: string;
  };
  /** Refusals like those before it, which were not written one by one. */
  'aws.refused_more': { reason: string; count: number; apiTokenId: string | null; address: string };
  'recording.segment': { seq: number; head: string };
  'recording.failed': { code: string };
  'recording.sealed': { head: string; manifestSha256: string; reason: string; bytes: number };
  /** It was read to its end and cannot be played as it was made. */
  'recording.unplayable': { detail: string };
  'recording.viewed': { part: string };
  /** Somebody had it proven; `detail`: what was found wrong. */
  'recording.verified': { state: string; segments: number; detail: string | null };
  /** In one recording, or in all that a person may see. */
  'recording.searched': { filters: Record<string, string> };
  /** Nobody deletes it until a second person agrees that the hold is lifted. */
  'recording.held': { why: string };
  'recording.lift_asked': { why: string };
  /** `personId`: who had asked. */
  'recording.lift_declined': { personId: string };
  'recording.hold_lifted': { personId: string; why: string };
  /** With what proves that it was, and what it was: its last head and the hash of the manifest that stays. */
  'recording.deleted': { reason: string; head: string; manifestSha256: string; bytes: number };
  /** Its time was over, and it was kept all the same. */
  'recording.kept': { why: string };
  /** `policyId: null`: the setting. `dated`: how many were to be kept for ever before. */
  'recordings.retention_changed': { policyId: string | null; lengthened: number; dated: number };
  /** By whoever owns the machine, past every role. */
  'person.rescued': { personId: string; did: string[]; systemUser: string };
  'backup.made': { snapshot: string; recordings: number; damaged: number; systemUser: string };
  'backup.restored': { snapshot: string; recordings: number; systemUser: string };
  'setting.changed': { setting: string; from: string; to: string };
  /** Done at the machine by `npm run keyring`, so by a user of its system. */
  'keyring.key_added': { keyId: string; systemUser: string };
  'keyring.key_in_use': { keyId: string; before: string; systemUser: string };
  'keyring.key_retired': { keyId: string; systemUser: string };
  'keyring.moved': { sealedBy: string | null; systemUser: string };
  /** Cross-anchor: the heads of the other writers' chains as this writer saw them. */
  'audit.anchored': { heads: { writerId: string; seq: number; hash: string }[] };
  /** The file outside the database that notes where the chains stand had no line before. */
  'audit.anchor_file_begun': { file: string };
  /** That file has rows of so many writers, this among them, which the log has no more, or has otherwise. */
  'audit.rows_missing': { writerId: string; seq: number; writers: number; file: string };
  /** Written once for each filter that somebody opens, however many pages of it they turn. */
  'audit.viewed': { filters: Record<string, string> };
  'audit.exported': { filters: Record<string, string> };
};

export type AuditKind = keyof AuditSubjects;

export type AuditEvent = {
  [K in AuditKind]: { kind: K; actorId?: PersonId | null; sessionId?: SessionId | null; subject: AuditSubjects[K] };
}[AuditKind];
