// Contract: every kind of event reads as a plain sentence with today's names; nothing in an event, however it came
// there, keeps it from being listed or steers whoever reads it.
import { describe, expect, it } from 'vitest';
import { newId, type PersonId, type SessionId, type WriterId } from '../ids.ts';
import { endReasons } from '../protocol/session-words.ts';
import { emptyHead } from './chain.ts';
import type { AuditKind, AuditSubjects } from './events.ts';
import { auditKindChoices } from './filters.ts';
import { auditFamilies, auditKinds } from './kinds.ts';
import { entryOf } from './log-entry.ts';
import { type Names, named, quoted, whyEnded } from './told.ts';

const id = '01890000-0000-7000-8000-000000000001';
const head = 'ab'.repeat(32);
const names: Names = new Map([
  [`person/${id}`, 'Ada Lovelace'],
  [`group/${id}`, 'operators'],
  ['computer/7', 'web-1'],
  [`credential/${id}`, 'root of web-1'],
  [`policy/${id}`, 'standard'],
  [`accessLevel/${id}`, 'Root'],
  [`grant/${id}`, 'Ada Lovelace on web-1'],
]);

const samples: { [K in AuditKind]: [AuditSubjects[K], string] } = {
  'installation.set_up': [{ personId: id }, 'Set up this installation; “Ada Lovelace” is its first administrator.'],
  'login.succeeded': [{ loginSessionId: id, address: '192.0.2.1' }, 'Signed in from 192.0.2.1.'],
  'login.failed': [
    { email: 'x@y', address: null, why: 'password' },
    'Failed to sign in as “x@y”: the password was wrong.',
  ],
  'login.revoked': [{ loginSessionId: id, personId: id }, 'Ended a sign-in of “Ada Lovelace”.'],
  'person.created': [
    { personId: id, name: 'Bob', roles: ['user', 'auditor'] },
    'Added the person “Bob” as user, auditor.',
  ],
  'person.changed': [{ personId: id, fields: ['email'] }, 'Changed email of “Ada Lovelace”.'],
  'person.disabled': [{ personId: id }, 'Disabled the account of “Ada Lovelace”.'],
  'person.enabled': [{ personId: id }, 'Enabled the account of “Ada Lovelace” again.'],
  'group.created': [{ groupId: id, name: 'ops' }, 'Added the group “ops”.'],
  'group.renamed': [{ groupId: id, name: 'ops' }, 'Renamed a group to “ops”.'],
  'group.members_changed': [
    { groupId: id, added: [id], removed: [] },
    'Changed the members of “operators”: put “Ada Lovelace” in.',
  ],
  'group.deleted': [{ groupId: id, name: 'ops' }, 'Deleted the group “ops”.'],
  'computer.created': [
    { computerId: 7, name: 'web-1', server: '192.0.2.7', port: 22 },
    'Added the computer “web-1” at 192.0.2.7 port 22.',
  ],
  'computer.changed': [{ computerId: 7, fields: ['server', 'port'] }, 'Changed server, port of “web-1”.'],
  'computer.disabled': [{ computerId: 7 }, 'Switched “web-1” off for sessions.'],
  'computer.enabled': [{ computerId: 7 }, 'Switched “web-1” on for sessions again.'],
  'host_key.pinned': [
    { server: 'h', port: 22, fingerprint: 'SHA256:x', keyType: 'ssh-ed25519' },
    'Approved the ssh-ed25519 host key SHA256:x of h port 22.',
  ],
  'host_key.forgotten': [
    { server: 'h', port: 22, fingerprint: 'SHA256:x' },
    'Took back the approval of the host key SHA256:x of h port 22.',
  ],
  'host_key.mismatch': [
    { server: 'h', port: 22, pinned: 'SHA256:x', shown: 'SHA256:y' },
    'Was stopped because h port 22 showed the host key SHA256:y instead of SHA256:x.',
  ],
  'credential.created': [
    { credentialId: id, name: 'root', type: 'ssh_key' },
    'Added the shared credential “root” (ssh key).',
  ],
  'credential.changed': [
    { credentialId: id, fields: ['password'] },
    'Changed password of the shared credential “root of web-1”.',
  ],
  'credential.deleted': [{ credentialId: id, name: 'root' }, 'Deleted the shared credential “root”.'],
  'credential.put_to_use': [
    { credentialId: id, computerId: 7, server: 'h', port: 22 },
    'Put the credential “root of web-1” to use for “web-1” at h port 22.',
  ],
  'credential.released': [
    { credentialId: id, computerId: 7 },
    'The gateway took out the credential “root of web-1” to sign in to “web-1”.',
  ],
  'credential.referred': [
    { credentialId: id, referenceId: id },
    'Had the credential “root of web-1” use the secret of the credential “root of web-1”.',
  ],
  'credential.test_begun': [
    { credentialId: id, referenceId: id, computerId: 7, server: 'h', port: 22 },
    'Began to test the credential “root of web-1” with the secret of “root of web-1” at “web-1”, h port 22.',
  ],
  'credential.test_ended': [
    { credentialId: id, computerId: 7, result: 'sign_in_refused' },
    'Tested the credential “root of web-1” at “web-1”: sign in refused.',
  ],
  'aws_record.created': [
    { credentialId: id, name: 'prod', accessKeyId: 'AKIAEXAMPLE', partition: 'aws' },
    'Added the AWS record “prod” (AKIAEXAMPLE, aws).',
  ],
  'aws_record.changed': [
    { credentialId: id, fields: ['regions', 'secret'] },
    'Changed regions, secret of the AWS record “root of web-1”.',
  ],
  'aws_record.endpoint_changed': [
    { credentialId: id, from: null, to: 'https://minio.example.org' },
    'Let the calls of the AWS record “root of web-1” go to https://minio.example.org instead of AWS, with keys that were entered anew.',
  ],
  'aws_record.disabled': [{ credentialId: id }, 'Switched the AWS record “root of web-1” off.'],
  'aws_record.enabled': [{ credentialId: id }, 'Switched the AWS record “root of web-1” on again.'],
  'aws_record.check_begun': [
    { credentialId: id },
    'The gateway took out the keys of the AWS record “root of web-1” to ask whose they are.',
  ],
  'aws_record.checked': [
    { credentialId: id, result: 'works' },
    'Checked the keys of the AWS record “root of web-1”: works.',
  ],
  'api_token.created': [
    {
      apiTokenId: id,
      tokenId: 'SPT7',
      name: 'laptop',
      scopes: ['aws'],
      networks: ['192.0.2.0/24'],
      credentialIds: [id],
      expiresAt: '2026-12-01T00:00:00.000Z',
    },
    'Made the token “laptop” (SPT7) for AWS, for the records “root of web-1”, from 192.0.2.0/24, until 2026-12-01T00:00:00.000Z.',
  ],
  'api_token.revoked': [{ apiTokenId: id, tokenId: 'SPT7', personId: id }, 'Revoked the token SPT7 of “Ada Lovelace”.'],
  'record_type.created': [
    { recordTypeId: id, name: 'Domain account', kind: 'password' },
    'Added the record type “Domain account” (password).',
  ],
  'record_type.changed': [
    { recordTypeId: id, name: 'Domain account', fields: ['description'] },
    'Changed description of the record type “Domain account”.',
  ],
  'record_type.disabled': [
    { recordTypeId: id, name: 'SSH key' },
    'Disabled the record type “SSH key”: nothing new is stored of it.',
  ],
  'record_type.enabled': [{ recordTypeId: id, name: 'SSH key' }, 'Enabled the record type “SSH key” again.'],
  'record_type.field_added': [
    { recordTypeId: id, name: 'SSH key', field: 'AllowedHosts', type: 'text' },
    'Added the field AllowedHosts (text) to the record type “SSH key”.',
  ],
  'record_type.field_changed': [
    { recordTypeId: id, name: 'SSH key', field: 'AllowedHosts', fields: ['label'] },
    'Changed label of the field AllowedHosts of the record type “SSH key”.',
  ],
  'record_type.field_removed': [
    { recordTypeId: id, name: 'SSH key', field: 'AllowedHosts', values: 1 },
    'Removed the field AllowedHosts of the record type “SSH key” with 1 value.',
  ],
  'computers.imported': [{ added: 2, sha256: head }, 'Added 2 computers from a file (SHA-256 abababababab…).'],
  'computer.credential_given': [
    { computerId: 7, credentialId: id, accessLevelId: null },
    'Gave “web-1” the credential “root of web-1” for the standard level.',
  ],
  'computer.credential_taken': [
    { computerId: 7, credentialId: id },
    'Took the credential “root of web-1” from “web-1”.',
  ],
  'credential.suspended': [
    { credentialId: id, server: 'evil', port: 22, why: 'address', from: 'db1 port 22' },
    'The credential “root of web-1” was stopped from being used at evil port 22: a computer moved there instead of db1 port 22.',
  ],
  'credential.resumed': [
    { credentialId: id, server: 'h', port: 22, how: 'confirmed', suspendedBy: id },
    'Confirmed that the credential “root of web-1” may be used at h port 22.',
  ],
  'personal_credential.created': [{ credentialId: id, type: 'password' }, 'Added a personal credential (password).'],
  'personal_credential.changed': [{ credentialId: id, fields: ['name'] }, 'Changed name of a personal credential.'],
  'personal_credential.deleted': [{ credentialId: id }, 'Deleted a personal credential.'],
  'master_password.set': [{ personId: id, byLink: true }, 'Set a master password with the link of an administrator.'],
  'master_password.changed': [{ personId: id }, 'Changed the master password.'],
  'master_password.failed': [{ personId: id, why: 'password' }, 'Entered a wrong master password.'],
  'master_password.reset': [
    { personId: id, destroyed: 1 },
    'Reset the master password of “Ada Lovelace”, which destroyed 1 personal credential.',
  ],
  'master_password.link_refused': [
    { personId: id },
    'Was refused with a link to set the master password of “Ada Lovelace”.',
  ],
  'vault.unlocked': [
    { loginSessionId: id, until: '2026-01-01T00:00:00.000Z' },
    'Unlocked credentials in one browser until 2026-01-01T00:00:00.000Z.',
  ],
  'vault.locked': [{ loginSessionId: id }, 'Locked credentials again.'],
  'notice.seen': [{ noticeId: id, notice: 'master_password_reset' }, 'Read the notice “master password reset”.'],
  'policy.created': [{ policyId: id, name: 'standard' }, 'Added the policy “standard”.'],
  'policy.changed': [{ policyId: id, fields: ['allowCopy'] }, 'Changed allowCopy of the policy “standard”.'],
  'access_level.created': [{ accessLevelId: id, name: 'Root' }, 'Added the access level “Root”.'],
  'access_level.changed': [
    { accessLevelId: id, name: 'Root', fields: ['name'] },
    'Changed name of the access level “Root”.',
  ],
  'access_level.deleted': [{ accessLevelId: id, name: 'Root' }, 'Deleted the access level “Root”.'],
  'grant.created': [
    { grantId: id, computerId: 7, personId: null, groupId: id, policyId: id, accessLevelId: id },
    'Granted “operators” access to “web-1” at the level “Root” under the policy “standard”.',
  ],
  'grant.revoked': [{ grantId: id }, 'Revoked the grant of Ada Lovelace on web-1.'],
  'terms.published': [{ version: 2, sha256: 'ab' }, 'Published version 2 of the terms (SHA-256 ab).'],
  'terms.accepted': [{ version: 2, sha256: 'ab' }, 'Accepted version 2 of the terms (SHA-256 ab).'],
  'check_out.created': [
    { checkOutId: id, computerId: 7, credentialId: id, isPersonal: false },
    'Checked out the shared credential “root of web-1” for “web-1”.',
  ],
  'check_out.refused': [{ computerId: 7, code: 'no_grant' }, 'Was refused a check-out for “web-1”: no grant.'],
  'check_out.ended': [{ checkOutId: id, reason: 'closed' }, 'The check-out ended: closed.'],
  'launch.bound': [
    { launchId: id, origin: 'https://shop.example', apiUrl: 'https://api.example' },
    'Opened the page of a launch from “https://shop.example” with credentials of “https://api.example”.',
  ],
  'launch.refused': [{ launchId: id, code: 'access_expired' }, 'Was refused a launch: access expired.'],
  'identity.alarm': [
    { checkOutId: id, why: 'missing', address: '192.0.2.1' },
    'Alarm: the handles of a check-out were shown by somebody else than the gateway from 192.0.2.1 (assertion missing).',
  ],
  'identity.refused': [{ checkOutId: id, code: 'policy' }, 'The identity API gave no credential: policy.'],
  'end_session.delivered': [
    { apiUrl: 'https://api.example', attempts: 2 },
    '“https://api.example” was told of the end, after 2 attempts.',
  ],
  'end_session.given_up': [
    { apiUrl: 'https://api.example', attempts: 1 },
    '“https://api.example” could not be told of the end; given up after 1 attempt.',
  ],
  'end_session.sent_again': [{ jobId: id }, 'Had the identity API told of the end once more.'],
  'session.requested': [{ computerId: 7, mode: 'SSH', grantId: id }, 'Asked for a session on “web-1” (SSH).'],
  'session.refused': [{ computerId: 8, code: 'no_grant' }, 'Was refused a session on computer 8: no grant.'],
  'ticket.refused': [{ code: 'ticket_invalid' }, 'Was refused at the door of a session: ticket invalid.'],
  'session.opened': [
    { computerId: 7, account: 'root', recorded: true },
    'Opened a session on “web-1” as “root”, recorded.',
  ],
  'session.detached': [{}, 'The browser left the session, which waits for it.'],
  'session.attached': [{ takenOver: true }, 'Took the session over with another browser.'],
  'session.watched': [{ how: 'watch', told: true }, 'Began to watch the session. Its person was told.'],
  'session.watch_ended': [{ how: 'wall' }, 'Stopped watching the session on the live wall.'],
  'session.paste_refused': [{ bytes: 2 }, 'Was not let paste 2 bytes.'],
  'session.ended': [
    { reason: 'closed', bytesOut: 1, bytesIn: 3, exitStatus: null },
    'The session ended. The person ended it. 1 byte shown, 3 typed.',
  ],
  'session.terminate_requested': [
    { reason: 'terminated', why: 'Maintenance.' },
    'Asked to end the session of somebody else, saying “Maintenance.”.',
  ],
  'aws.session_opened': [
    { credentialId: id, apiTokenId: id, tokenName: 'ci', grantId: id },
    'Began to call AWS with the record “root of web-1” and the token “ci”.',
  ],
  'aws.session_ended': [
    { reason: 'idle', calls: 1, bytesOut: 1, bytesIn: 3 },
    'The session of calls to AWS ended after 1 call. No call was made for a while. 1 byte received, 3 sent.',
  ],
  'aws.called': [
    {
      callId: id,
      operation: 's3:GetObject',
      region: 'eu-west-1',
      resource: 'b/k',
      parameters: {},
      route: 'proxy',
      host: 's3.eu-west-1.amazonaws.com',
      method: 'GET',
      path: '/b/k',
      address: '192.0.2.1',
      command: 's3 cp',
      isRepeat: true,
    },
    'Called “s3:GetObject” on “b/k” in “eu-west-1” from 192.0.2.1, by the command “s3 cp”. The same signature was seen before.',
  ],
  'aws.answered': [
    { callId: id, status: 200, awsRequestId: 'r', bytesOut: 1, bytesIn: 3, problem: null },
    'The call was answered with the status 200: 1 byte received, 3 sent.',
  ],
  'aws.refused': [
    {
      callId: id,
      reason: 'gives_credentials',
      apiTokenId: id,
      token: null,
      record: 'prod',
      operation: 'sts:AssumeRole',
      region: 'eu-west-1',
      resource: null,
      route: 'proxy',
      host: 'sts.amazonaws.com',
      method: 'POST',
      path: '/',
      address: '192.0.2.1',
    },
    'Was refused “sts:AssumeRole” from 192.0.2.1: gives credentials.',
  ],
  'aws.refused_more': [
    { reason: 'signature', count: 7, apiTokenId: null, address: '192.0.2.1' },
    'Was refused 7 more calls from 192.0.2.1 for the same reason: signature.',
  ],
  'recording.segment': [{ seq: 2, head }, 'Segment 2 of the recording was written, up to the head abababababab….'],
  'recording.failed': [{ code: 'ENOSPC' }, 'The recording could not be written any further: ENOSPC.'],
  'recording.sealed': [
    { head, manifestSha256: head, reason: 'closed', bytes: 9 },
    'The recording was sealed (closed): 9 bytes, up to the head abababababab….',
  ],
  'recording.verified': [
    { state: 'tampered', segments: 2, detail: 'Segment 3: it is missing.' },
    'Had the recording verified: tampered. Segment 3: it is missing.',
  ],
  'audit.anchor_file_begun': [
    { file: '/data/anchors' },
    'Began the file “/data/anchors”, which notes where this log stands.',
  ],
  'audit.rows_missing': [
    { writerId: id, seq: 9, writers: 3, file: '/data/anchors' },
    `Alarm: row 9 of the writer ${id} is not in this log as the file “/data/anchors” noted it, nor are rows of 2 other writers.`,
  ],
  'recording.unplayable': [
    { detail: 'Line 3 of the events is unreadable.' },
    'Alarm: the recording cannot be played as it was made. Line 3 of the events is unreadable.',
  ],
  'recording.viewed': [{ part: 'typescript' }, 'Read “typescript” of a recording.'],
  'recording.searched': [
    { filters: { text: 'rm -rf', person: 'bob' } },
    'Searched what stood on screens, filtered by text “rm -rf”, person “bob”.',
  ],
  'recording.held': [
    { why: 'The incident of May.' },
    'Put the recording on hold, so that nobody deletes it, saying “The incident of May.”.',
  ],
  'recording.lift_asked': [{ why: 'Closed.' }, 'Asked to lift the hold on the recording, saying “Closed.”.'],
  'recording.lift_declined': [{ personId: id }, 'Kept the hold on the recording, which “Ada Lovelace” asked to lift.'],
  'recording.hold_lifted': [
    { personId: id, why: 'Closed.' },
    'Lifted the hold on the recording, as “Ada Lovelace” had asked, saying “Closed.”.',
  ],
  'recording.deleted': [
    { reason: 'Its time was over.', head, manifestSha256: head, bytes: 1 },
    'Deleted the recording (1 byte, head abababababab…): Its time was over.',
  ],
  'recording.kept': [
    { why: 'Somebody put it on hold.' },
    'Alarm: the time of the recording is over, and it was not deleted. Somebody put it on hold.',
  ],
  'recordings.retention_changed': [
    { policyId: id, lengthened: 3, dated: 1 },
    'Changed by the policy “standard” until when recordings are kept: 3 longer than before, and 1 that were to be kept for ever.',
  ],
  'person.rescued': [
    { personId: id, did: ['password', 'enabled'], systemUser: 'root' },
    'The user “root” of the machine helped “Ada Lovelace” to sign in again: password, enabled.',
  ],
  'backup.made': [
    { snapshot: '2026-01-02T03-04-05-678Z', recordings: 2, damaged: 1, systemUser: 'root' },
    'The user “root” of the machine made the backup “2026-01-02T03-04-05-678Z” with 2 recordings, 1 of them not as they should be.',
  ],
  'backup.restored': [
    { snapshot: '2026-01-02T03-04-05-678Z', recordings: 1, systemUser: 'root' },
    'The user “root” of the machine restored the backup “2026-01-02T03-04-05-678Z” with 1 recording, and ended every sign-in.',
  ],
  'setting.changed': [
    { setting: 'signInHours', from: '12 hours', to: '1 hour' },
    'Changed the setting “signInHours” from “12 hours” to “1 hour”.',
  ],
  'keyring.key_added': [
    { keyId: 'k2', systemUser: 'root' },
    'The user “root” of the machine added the system key k2 to the keyring.',
  ],
  'keyring.key_in_use': [
    { keyId: 'k2', before: 'k1', systemUser: 'root' },
    'The user “root” of the machine put the system key k2 to use, in the place of k1.',
  ],
  'keyring.key_retired': [
    { keyId: 'k1', systemUser: 'root' },
    'The user “root” of the machine took the system key k1 out of the keyring: nothing is sealed with it any more.',
  ],
  'keyring.moved': [
    { sealedBy: 'arn:aws:kms:x', systemUser: 'root' },
    'The user “root” of the machine had the keyring sealed by “arn:aws:kms:x”.',
  ],
  'audit.anchored': [{ heads: [{ writerId: id, seq: 1, hash: head }] }, 'Noted where 1 other chain of this log stood.'],
  'audit.viewed': [{ filters: {} }, 'Read the audit log, all of it.'],
  'audit.exported': [{ filters: { person: 'ada' } }, 'Exported the audit log, filtered by person “ada”.'],
};

const rowOf = (kind: string, subject: unknown, actorId: PersonId | null = null) => ({
  writerId: id as WriterId,
  seq: 1,
  at: new Date(0),
  kind,
  actorId,
  sessionId: null as SessionId | null,
  subject: subject as Record<string, unknown>,
  previousHash: emptyHead.hash,
  hash: emptyHead.hash,
});

describe('every kind', () => {
  it.each(Object.entries(samples))('%s is told', (kind, [subject, sentence]) => {
    expect(entryOf(rowOf(kind, subject), names)).toMatchObject({ kind, sentence, subject });
  });

  it('is offered as a filter exactly once, under a title of its own', () => {
    const choices = auditKindChoices();
    expect(choices.map(({ family }) => family)).toEqual(Object.keys(auditFamilies));
    const kinds = choices.flatMap((choice) => choice.kinds);
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(Object.keys(auditKinds).sort());
    expect(new Set(kinds.map(({ title }) => title)).size).toBe(kinds.length);
    for (const choice of choices) expect(choice.kinds.length).toBeGreaterThan(0);
  });

  it('speaks of others, never to them', () => {
    for (const reason of endReasons) expect(whyEnded(reason)).not.toMatch(/\byou\b/i);
  });
});

describe('who did it', () => {
  it('is a person, Sallyport, nobody who was signed in, or whoever owns the machine', () => {
    expect(entryOf(rowOf('vault.locked', {}, id as PersonId), names).who).toBe('Ada Lovelace');
    const gone = newId<PersonId>();
    expect(entryOf(rowOf('vault.locked', {}, gone), names).who).toBe(gone);
    expect(entryOf(rowOf('audit.anchored', { heads: [] }), names).who).toBe('Sallyport');
    expect(entryOf(rowOf('login.failed', {}), names).who).toBe('Not signed in');
    for (const kind of ['person.rescued', 'backup.made', 'backup.restored'])
      expect(entryOf(rowOf(kind, {}), names).who).toBe('At the machine');
  });
});

describe('hostile events', () => {
  const hostile = '\u001b[2J\u202eevil\r\n<script>\u2028';
  const worst = (value: unknown): unknown => {
    if (typeof value === 'string') return hostile;
    if (Array.isArray(value)) return value.map(worst);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, worst(each)]));
  };

  it.each(Object.entries(samples))('%s steers nobody', (kind, [subject]) => {
    const evil: Names = new Map([...names.keys()].map((key) => [key, hostile]));
    for (const entry of [
      entryOf(rowOf(kind, worst(subject)), evil),
      entryOf(rowOf(kind, subject, id as PersonId), evil),
    ])
      expect(`${entry.sentence}${entry.who}${entry.title}${entry.kind}`).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });

  it.each(Object.keys(samples))('%s is listed whatever was left in it', (kind) => {
    for (const subject of [
      null,
      7,
      'x',
      [],
      {},
      { fields: 7, heads: null, filters: 1, added: {}, roles: 'x', head: 1 },
    ])
      expect(entryOf(rowOf(kind, subject), names).sentence).not.toBe('');
  });

  it.each(['future.kind', 'constructor', '__proto__', hostile])('%j is no kind of ours, and listed', (kind) => {
    expect(entryOf(rowOf(kind, { a: 1 }), names).sentence).toContain('fields that are not of its kind');
  });

  it('is cut where it is endless', () => {
    expect(quoted('x'.repeat(5000)).length).toBeLessThan(200);
    expect(named(new Map(), 'person', hostile)).not.toMatch(/\p{C}/u);
  });
});
