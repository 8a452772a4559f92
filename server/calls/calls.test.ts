// Contract: what a token may call, and how a session of calls begins, goes on and ends. The rules themselves are tested in
// decide; here they meet the database, the settings, the clock and the notifications, as in the running proxy.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { notify } from '../../db/notify.ts';
import { apiTokens, awsRecords, builtInRecordTypes, grants, people, recordTypes } from '../../db/schema.ts';
import { aGrant, aGroup, anApiToken, anAwsRecord } from '../../db/testing/builders.ts';
import { defaultAwsRules } from '../protocol/aws-words.ts';
import type { EndReason } from '../protocol/session-words.ts';
import {
  aCall,
  aCaller,
  anEnd,
  aQuestion,
  aShown,
  type CallsRig,
  callRows,
  callsRig,
  eventually,
  evidence,
  sessionRow,
} from './testing/calls-rig.ts';

let rig: CallsRig;
beforeAll(async () => {
  rig = await callsRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const shown = (given?: Parameters<typeof aShown>[1]) => aShown(rig.ctx.clock.now(), given);
/** Something that `decide` looks at changed, and everybody heard of it. */
const changed = () => notify(rig.ctx.connection.db, 'access_changed', {});
/** The facts are read again after a second. */
const later = () => rig.ctx.clock.advance(1_000);

describe('a token', () => {
  it('is found by the name that programs have for it, with the secret that it was made with', async () => {
    const { known, token, secret, person } = await aCaller(rig);
    expect(known).toEqual({ id: token.id, personId: person.id, secret });
    expect(await rig.calls.findToken('nobody')).toBeUndefined();
    expect(await rig.calls.findToken(token.tokenId.toLowerCase())).toBeUndefined();
  });

  it.each([
    ['expired', { expiresAt: new Date(Date.now() - 1) }],
    ['revoked', { revokedAt: new Date() }],
    ['of another scope', { scopes: [] }],
  ])('that is %s is as unknown as any', async (_, token) => {
    expect((await aCaller(rig, { token })).known).toBeUndefined();
  });

  it('is unknown a second after it was revoked, and at once where that was told', async () => {
    const first = await aCaller(rig);
    const second = await aCaller(rig);
    for (const { token } of [first, second])
      await rig.ctx.connection.db.update(apiTokens).set({ revokedAt: new Date() }).where(eq(apiTokens.id, token.id));
    later();
    expect(await rig.calls.findToken(first.token.tokenId)).toBeUndefined();
    expect(await rig.calls.findToken(second.token.tokenId)).toBeUndefined();
  });
});

describe('a call', () => {
  it('is made with the keys of the record, in a session that is in the database before', async () => {
    const { caller, name, keys, credential, grant, token } = await aCaller(rig);
    const decision = await rig.calls.authorize(aQuestion(caller, name));
    expect(decision).toMatchObject({ ok: true, key: { accessKeyId: credential.username, ...keys } });
    if (!decision.ok) return;
    expect(await sessionRow(rig, decision.sessionId)).toMatchObject({
      mode: 'AWS',
      state: 'active',
      apiTokenId: token.id,
      credentialId: credential.id,
      grantId: grant.id,
      computerId: null,
      loginSessionId: null,
    });
  });

  it('goes to the endpoint of the record where it has one', async () => {
    const record = {
      endpointUrl: 'https://minio.example.com:9000',
      endpointHost: 'path_style' as const,
      endpointCaPem: 'PEM',
    };
    const { caller, name } = await aCaller(rig, { record });
    expect(await rig.calls.authorize(aQuestion(caller, name))).toMatchObject({
      ok: true,
      endpoint: { url: record.endpointUrl, host: 'path_style', caPem: 'PEM' },
    });
  });

  it('is made with the keys of the record that its record refers to', async () => {
    const { db } = rig.ctx.connection;
    const kept = await anAwsRecord(db, rig.ctx.keyring);
    const credential = { secretId: null, referenceId: kept.credential.id, username: '' };
    const { caller, name } = await aCaller(rig, { record: { credential } });
    const key = { accessKeyId: kept.credential.username, ...kept.keys };
    expect(await rig.calls.authorize(aQuestion(caller, name))).toMatchObject({ ok: true, key });
    await db.update(awsRecords).set({ disabledAt: new Date() }).where(eq(awsRecords.credentialId, kept.credential.id));
    later();
    expect(await rig.calls.authorize(aQuestion(caller, name))).toMatchObject({
      ok: false,
      refusal: { reason: 'no_access' },
    });
  });

  it('of a member of a group that was granted the record is allowed', async () => {
    const { db } = rig.ctx.connection;
    const { person, caller } = await aCaller(rig);
    const { credential, record } = await anAwsRecord(db, rig.ctx.keyring);
    const group = await aGroup(db, [person]);
    await aGrant(db, { groupId: group.id, credentialId: credential.id });
    later();
    expect(await rig.calls.authorize(aQuestion(caller, String(record.number)))).toMatchObject({ ok: true });
  });

  it.each<[string, Parameters<typeof aCaller>[1], Parameters<typeof aQuestion>[2], object]>([
    [
      'in another partition',
      {},
      { partition: 'aws-cn' },
      { reason: 'outside_record', what: 'partition', value: 'aws-cn' },
    ],
    [
      'in another region',
      { record: { regions: ['us-east-1'] } },
      {},
      { reason: 'outside_record', what: 'region', value: 'eu-west-1' },
    ],
    [
      'of another service',
      { record: { services: ['s3'] } },
      {},
      { reason: 'outside_record', what: 'service', value: 'ec2' },
    ],
    ['to a host of a customer', {}, { isCustomerHost: true }, { reason: 'customer_host' }],
    [
      'for credentials',
      {},
      { operation: { name: 'sts:AssumeRole', gift: 'keys' } },
      { reason: 'gives_credentials', operation: 'sts:AssumeRole' },
    ],
    [
      'without a name',
      {},
      { operation: { name: 'ec2:?', isKnown: false } },
      { reason: 'unnamed_operation', service: 'ec2' },
    ],
    [
      'that the policy does not have',
      { policy: { aws: { ...defaultAwsRules, allow: [] } } },
      {},
      { reason: 'operation_denied', operation: 'ec2:DescribeInstances' },
    ],
    ['from another network', { token: { networks: ['10.0.0.0/8'] } }, {}, { reason: 'no_access' }],
    ['with a record that is off', { record: { disabledAt: new Date() } }, {}, { reason: 'no_access' }],
    ['before the right begins', { grant: { startsAt: new Date(Date.now() + 3_600_000) } }, {}, { reason: 'no_access' }],
    ['after the right ended', { grant: { endsAt: new Date(Date.now() - 1) } }, {}, { reason: 'access_ended' }],
    ['after it was revoked', { grant: { revokedAt: new Date() } }, {}, { reason: 'access_ended' }],
  ])('%s is refused', async (_, given, asked, refusal) => {
    const { caller, name } = await aCaller(rig, given);
    expect(await rig.calls.authorize(aQuestion(caller, name, asked))).toEqual({ ok: false, refusal });
  });

  it('is refused while the proxy or the record type is off', async () => {
    const { db } = rig.ctx.connection;
    const { caller, name } = await aCaller(rig);
    rig.settings.isOn = false;
    expect(await rig.calls.authorize(aQuestion(caller, name))).toEqual({ ok: false, refusal: { reason: 'proxy_off' } });
    rig.settings.isOn = true;
    const type = eq(recordTypes.id, builtInRecordTypes.aws_access_key);
    await db.update(recordTypes).set({ disabledAt: new Date() }).where(type);
    later();
    const decision = await rig.calls.authorize(aQuestion(caller, name));
    await db.update(recordTypes).set({ disabledAt: null }).where(type);
    later();
    expect(decision).toEqual({ ok: false, refusal: { reason: 'no_access' } });
  });

  it('never finds a record of somebody else, whatever it asks for', async () => {
    const { caller } = await aCaller(rig);
    const other = await aCaller(rig, { record: { credential: { name: 'only theirs' }, tags: { team: 'theirs' } } });
    for (const record of [other.name, 'only theirs', 'name:only*', 'tag:team=theirs'])
      expect(await rig.calls.authorize(aQuestion(caller, record))).toEqual({
        ok: false,
        refusal: { reason: 'record_none', record },
      });
  });

  it('must mean one record of several', async () => {
    const { db } = rig.ctx.connection;
    const { person, caller, credential } = await aCaller(rig, { record: { credential: { name: 'shop prod' } } });
    const other = await anAwsRecord(db, rig.ctx.keyring, { credential: { name: 'shop test' } });
    await aGrant(db, { personId: person.id, credentialId: other.credential.id });
    later();
    const ask = (record: string) => rig.calls.authorize(aQuestion(caller, record));
    expect(await ask('shop')).toEqual({ ok: false, refusal: { reason: 'record_many', record: 'shop', count: 2 } });
    expect(await ask('name:shop prod')).toMatchObject({ ok: true, key: { accessKeyId: credential.username } });
    // A token that is for one of them means that one.
    const { token } = await anApiToken(db, rig.ctx.keyring, person, { records: [other.credential.id] });
    const narrow = await rig.calls.findToken(token.tokenId);
    if (!narrow) throw new Error('The token was not found.');
    expect(await rig.calls.authorize(aQuestion(narrow, 'shop'))).toMatchObject({
      ok: true,
      key: { accessKeyId: other.credential.username },
    });
  });

  it('is refused where the database cannot be read', async () => {
    const { caller, name } = await aCaller(rig);
    later();
    const away = vi.spyOn(rig.ctx.connection.db, 'select').mockImplementation(() => {
      throw new Error('connection lost');
    });
    const decision = await rig.calls.authorize(aQuestion(caller, name));
    away.mockRestore();
    expect(decision).toEqual({ ok: false, refusal: { reason: 'not_recorded' } });
  });
});

describe('a session of calls', () => {
  it('is one for all calls of a token with a record, also of those that come at once', async () => {
    const { caller, name } = await aCaller(rig);
    const decisions = await Promise.all([1, 2, 3, 4].map(() => rig.calls.authorize(aQuestion(caller, name))));
    const ids = new Set(decisions.map((decision) => (decision.ok ? decision.sessionId : decision.refusal.reason)));
    expect(ids.size).toBe(1);
  });

  it('counts what its calls came to, and has each in the log as it begins and as it ends', async () => {
    const { caller, name, person } = await aCaller(rig);
    const call = shown({
      resource: 'i-1',
      parameters: { text: 'half \ud800 and \0' },
      command: 'ec2 describe-instances',
    });
    const { sessionId } = await aCall(rig.calls, caller, name, call);
    rig.calls.finished(anEnd(call, sessionId, { awsRequestId: 'aws-1', bytesIn: 700, bytesOut: 30 }));
    await eventually(async () =>
      expect(await sessionRow(rig, sessionId)).toMatchObject({ calls: 1, bytesOut: 700, bytesIn: 30 }),
    );
    expect(await callRows(rig, sessionId)).toMatchObject([
      {
        id: call.callId,
        operation: 'DescribeInstances',
        status: 200,
        awsRequestId: 'aws-1',
        bytesIn: 700,
        refusal: null,
      },
    ]);
    const told = (await evidence(rig)).filter((event) => event.sessionId === sessionId);
    expect(told.map(({ kind, actorId }) => [kind, actorId])).toEqual([
      ['aws.session_opened', person.id],
      ['aws.called', person.id],
      ['aws.answered', person.id],
    ]);
    expect(told[1]?.subject).toMatchObject({
      operation: 'ec2:DescribeInstances',
      parameters: { text: 'half \ufffd and \ufffd' },
    });
  });

  it('shows what it was not let do', async () => {
    const { caller, name } = await aCaller(rig);
    const { sessionId } = await aCall(rig.calls, caller, name, shown());
    const refusedCall = shown({ service: 'sts', operation: 'AssumeRole' });
    const operation = { name: 'sts:AssumeRole', gift: 'keys' as const };
    const decision = await rig.calls.authorize(aQuestion(caller, name, { shown: refusedCall, operation }));
    expect(decision).toMatchObject({ ok: false, sessionId });
    const { callId, at, route, address, host, method, path } = refusedCall;
    rig.calls.refused({
      ...{ callId, at, route, address, host, method, path },
      reason: 'gives_credentials',
      token: caller,
      call: { shown: refusedCall, record: name, sessionId },
    });
    await eventually(async () => {
      const rows = await callRows(rig, sessionId);
      expect(rows.find(({ id }) => id === callId)).toMatchObject({ refusal: 'gives_credentials', finishedAt: at });
    });
    expect(await sessionRow(rig, sessionId)).toMatchObject({ calls: 1 });
    expect((await evidence(rig)).filter(({ subject }) => subject.callId === callId)).toMatchObject([
      { kind: 'aws.refused', sessionId, subject: { reason: 'gives_credentials', operation: 'sts:AssumeRole' } },
    ]);
  });

  const endings: [string, EndReason, (of: Awaited<ReturnType<typeof aCaller>>) => Promise<unknown>][] = [
    [
      'the grant is revoked',
      'revoked',
      ({ grant }) => rig.ctx.connection.db.update(grants).set({ revokedAt: new Date() }).where(eq(grants.id, grant.id)),
    ],
    [
      'the token is revoked',
      'revoked',
      ({ token }) =>
        rig.ctx.connection.db.update(apiTokens).set({ revokedAt: new Date() }).where(eq(apiTokens.id, token.id)),
    ],
    [
      'the person is disabled',
      'revoked',
      ({ person }) =>
        rig.ctx.connection.db.update(people).set({ disabledAt: new Date() }).where(eq(people.id, person.id)),
    ],
    [
      'the record is switched off',
      'revoked',
      ({ credential }) =>
        rig.ctx.connection.db
          .update(awsRecords)
          .set({ disabledAt: new Date() })
          .where(eq(awsRecords.credentialId, credential.id)),
    ],
    [
      'the proxy is switched off',
      'revoked',
      async () => {
        rig.settings.isOn = false;
      },
    ],
  ];
  it.each(endings)('is cut when %s', async (_, reason, end) => {
    const given = await aCaller(rig);
    const call = shown();
    const { ended, sessionId } = await aCall(rig.calls, given.caller, given.name, call);
    const cut = new Promise((resolve) => ended.addEventListener('abort', resolve));
    await end(given);
    await changed();
    await cut;
    rig.settings.isOn = true;
    rig.calls.finished(anEnd(call, sessionId, { problem: 'access_ended' }));
    await eventually(async () =>
      expect(await sessionRow(rig, sessionId)).toMatchObject({ state: 'ended', endReason: reason }),
    );
  });

  it('is cut when its time is over, and when its policy says that it lasted long enough', async () => {
    const until = await aCaller(rig, { grant: { endsAt: new Date(rig.ctx.clock.now().getTime() + 60_000) } });
    const short = await aCaller(rig, { policy: { maxDurationMinutes: 1 } });
    const ends = await Promise.all(
      [until, short].map(async ({ caller, name }) => {
        const call = shown();
        const { sessionId, ended } = await aCall(rig.calls, caller, name, call);
        ended.addEventListener('abort', () => rig.calls.finished(anEnd(call, sessionId)));
        return sessionId;
      }),
    );
    rig.ctx.clock.advance(60_000);
    await changed();
    await eventually(async () => {
      const reasons = await Promise.all(ends.map(async (id) => (await sessionRow(rig, id))?.endReason));
      expect(reasons).toEqual(['grant_ended', 'time_limit']);
    });
  });

  it('ends when nothing was called for the gap, and not while a call is under way', async () => {
    const { caller, name } = await aCaller(rig);
    const call = shown();
    const { sessionId, ended } = await aCall(rig.calls, caller, name, call);
    rig.ctx.clock.advance(rig.settings.gapMs);
    await changed();
    expect(await rig.calls.authorize(aQuestion(caller, name))).toMatchObject({ ok: true, sessionId });
    rig.calls.finished(anEnd(call, sessionId));
    rig.ctx.clock.advance(rig.settings.gapMs - 1);
    await changed();
    expect(ended.aborted).toBe(false);
    rig.ctx.clock.advance(1);
    await changed();
    await eventually(async () => expect(await sessionRow(rig, sessionId)).toMatchObject({ endReason: 'idle' }));
    const next = await rig.calls.authorize(aQuestion(caller, name));
    expect(next.ok && next.sessionId !== sessionId).toBe(true);
  });

  it('is cut by Terminate, and does not begin again by the retries of a program', async () => {
    const { caller, name, person } = await aCaller(rig);
    const call = shown();
    const { sessionId, ended } = await aCall(rig.calls, caller, name, call);
    ended.addEventListener('abort', () => rig.calls.finished(anEnd(call, sessionId)));
    await notify(rig.ctx.connection.db, 'end_session', {
      sessionId,
      reason: 'terminated',
      by: person.id,
      detail: 'Reason: no',
    });
    await eventually(async () =>
      expect(await sessionRow(rig, sessionId)).toMatchObject({ endReason: 'terminated', endDetail: 'Reason: no' }),
    );
    expect(await rig.calls.authorize(aQuestion(caller, name))).toEqual({
      ok: false,
      refusal: { reason: 'access_ended' },
    });
    rig.ctx.clock.advance(60_000);
    expect(await rig.calls.authorize(aQuestion(caller, name))).toMatchObject({ ok: true });
  });

  it('takes no call once it has ended', async () => {
    const { caller, name, person } = await aCaller(rig);
    const decision = await rig.calls.authorize(aQuestion(caller, name));
    if (!decision.ok) throw new Error('It was not allowed.');
    const { sessionId, ended } = decision;
    const cut = new Promise((resolve) => ended.addEventListener('abort', resolve));
    await notify(rig.ctx.connection.db, 'end_session', { sessionId, reason: 'closed', by: person.id });
    await cut;
    await expect(rig.calls.opened({ shown: shown(), token: caller, sessionId })).rejects.toThrow('has ended');
    expect(await callRows(rig, sessionId)).toEqual([]);
  });
});

describe('refusals', () => {
  it('are written one by one up to a bound, then counted', async () => {
    const refusal = (reason: string) => {
      const { callId, at, route, address, host, method, path } = shown({ address: '198.51.100.9' });
      return { callId, at, route, address, host, method, path, reason, claimed: 'NOBODY' };
    };
    for (let n = 0; n < 30; n += 1) rig.calls.refused(refusal('signature'));
    rig.calls.refused(refusal('skewed'));
    const told = async () => (await evidence(rig)).filter(({ subject }) => subject.address === '198.51.100.9');
    await eventually(async () => expect(await told()).toHaveLength(6));
    expect((await told())[0]).toMatchObject({
      kind: 'aws.refused',
      actorId: null,
      subject: { token: 'NOBODY', reason: 'signature' },
    });
    rig.ctx.clock.advance(60_000);
    rig.calls.refused(refusal('signature'));
    await eventually(async () =>
      expect((await told()).find(({ kind }) => kind === 'aws.refused_more')?.subject).toMatchObject({
        count: 25,
        reason: 'signature',
      }),
    );
  });
});
