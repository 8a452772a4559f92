/**
 * Contract: an answer of an identity API becomes what is dialled. The port it names wins over the one of the mode; its
 * servers keep their order, and a further one that is no name is left out; without a first one there is no connection.
 * A flag is on only where the answer says so.
 */
import { describe, expect, test } from 'vitest';
import { valueIn } from '../../db/testing/value-in.ts';
import type { CredentialAnswer } from '../identity-api/contract.ts';
import { modes } from '../protocol/session-words.ts';
import { connectionFrom } from './connection-object.ts';

const answer: CredentialAnswer = { UserName: 'DOMAIN\\operator', Password: 'secret', Server: 'DB1.example.' };
const from = (change: Partial<CredentialAnswer>, mode: (typeof modes)[number] = 'SSH') =>
  connectionFrom({ ...answer, ...change }, mode);

describe('where it leads', () => {
  test.each([
    ['SSH', 22],
    ['RDP', 3389],
    ['Telnet', 23],
  ] as const)('%s goes to port %i when no other is named', (mode, port) => {
    for (const ManagementPort of [undefined, null, 0]) {
      expect(valueIn(from({ ManagementPort }, mode)).targets).toEqual([{ server: 'db1.example', port }]);
    }
    expect(valueIn(from({ ManagementPort: 4022 }, mode)).targets).toEqual([{ server: 'db1.example', port: 4022 }]);
  });

  test('every mode has a port', () => {
    for (const mode of modes) expect(valueIn(from({}, mode)).targets[0].port).toBeGreaterThan(0);
  });

  test('to all of its servers, in their order and in one spelling', () => {
    const { targets } = valueIn(from({ Server2: '2001:DB8::0:1', Server3: ' db3.example ', ManagementPort: 2222 }));
    expect(targets.map(({ server }) => server)).toEqual(['db1.example', '2001:db8::1', 'db3.example']);
    expect(new Set(targets.map(({ port }) => port))).toEqual(new Set([2222]));
  });

  test.each([null, '', 'http://db2.example', 'db2.example:22', '127.1', 'a b', 'bücher.example'])(
    'not to a further server that is %j',
    (Server2) => {
      const { targets } = valueIn(from({ Server2, Server3: 'db3.example' }));
      expect(targets.map(({ server }) => server)).toEqual(['db1.example', 'db3.example']);
    },
  );

  test.each(['', ' ', 'ssh://db1.example', 'user@db1.example', '0x7f000001', '[::1]', 'db1.example/x'])(
    'nowhere when the first server is %j, whatever the others are',
    (Server) => {
      expect(from({ Server, Server2: 'db2.example' })).toMatchObject({ ok: false, code: 'identity_refused' });
    },
  );
});

describe('as whom', () => {
  test('with a password, as it came', () => {
    const credential = { type: 'password', username: 'DOMAIN\\operator', password: ' secret ' };
    for (const IsPasswordSSHKey of [undefined, null, false]) {
      expect(valueIn(from({ Password: ' secret ', IsPasswordSSHKey })).credential).toEqual(credential);
    }
  });

  test('with a key, where the password is one', () => {
    const { credential } = valueIn(from({ Password: 'a private key', IsPasswordSSHKey: true }));
    expect(credential).toEqual({ type: 'ssh_key', username: 'DOMAIN\\operator', privateKey: 'a private key' });
  });
});

describe('under what', () => {
  test('every flag is off until the answer turns it on', () => {
    const off = { record: false, allowLiveSnooping: false, allowJoinRequests: false, allowJoinInvites: false };
    expect(valueIn(from({})).flags).toEqual(off);
    const nulls = { RecordPSMSession: null, AllowLiveSnooping: null, AllowJoinRequests: null, AllowJoinInvites: null };
    expect(valueIn(from(nulls)).flags).toEqual(off);
    const on = { RecordPSMSession: true, AllowLiveSnooping: true, AllowJoinRequests: true, AllowJoinInvites: true };
    expect(Object.values(valueIn(from(on)).flags)).toEqual([true, true, true, true]);
    expect(valueIn(from({ RecordPSMSession: true })).flags).toEqual({ ...off, record: true });
  });

  test('its notes are text or nothing', () => {
    expect(valueIn(from({ Notes: '  Ask Ada.\n' })).notes).toBe('Ask Ada.');
    for (const Notes of [undefined, null, '', '  \n ']) expect(valueIn(from({ Notes })).notes).toBeNull();
  });
});
