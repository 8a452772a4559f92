// Contract: the address holds which calls are shown, both ways, and nothing in an address breaks the page; calls are grouped
// by the command that made them, in their order; and each says in a word how it came out, whatever a client wrote.
import { describe, expect, it } from 'vitest';
import { answerLabel, groupByCommand, operationText } from './call-groups.ts';
import { callsPath, readCallsQuery } from './calls-query.ts';

describe('the address', () => {
  const fromPath = (path: string) => readCallsQuery(Object.fromEntries(new URL(path, 'http://x').searchParams));
  it.each([{}, { search: 's3 & co' }, { only: 'refused' as const, search: 'x', cursor: 'c' }])(
    '%j survives',
    (query) => {
      expect(fromPath(callsPath('id', query))).toEqual(query);
    },
  );

  it('means all where it has no filter of ours', () => {
    expect(readCallsQuery({ only: 'constructor', q: '  ', before: '' })).toEqual({});
    expect(readCallsQuery({ only: ['failed', 'refused'] })).toEqual({ only: 'failed' });
  });
});

describe('groups', () => {
  const call = (id: string, command: string | null) => ({ id, command });
  it('are of calls that follow each other', () => {
    const groups = groupByCommand([
      call('1', 's3 cp'),
      call('2', 's3 cp'),
      call('3', null),
      call('4', null),
      call('5', 's3 cp'),
    ]);
    expect(groups.map(({ key, command, calls }) => [key, command, calls.length])).toEqual([
      ['1', 's3 cp', 2],
      ['3', null, 2],
      ['5', 's3 cp', 1],
    ]);
    expect(groupByCommand([])).toEqual([]);
  });
});

describe('a call', () => {
  const done = { refusal: null, finishedAt: new Date(), status: 200, problem: null };
  it.each([
    [{}, 'ok', '200'],
    [{ status: 404 }, 'warn', '404'],
    [{ finishedAt: null, status: null }, 'accent', 'Under way'],
    [{ status: null }, 'danger', 'No answer'],
    [{ problem: 'access_ended' }, 'danger', 'Cut: access ended'],
    [{ problem: 'payload_hash' }, 'danger', 'Failed: payload hash'],
    [{ refusal: 'gives_credentials', status: null }, 'danger', 'Refused: gives credentials'],
  ])('%j is %s: %s', (given, tone, text) => {
    expect(answerLabel({ ...done, ...given })).toEqual({ tone, text });
  });

  it('steers nobody by what a client wrote', () => {
    const text = operationText({ service: 's3', operation: null, method: 'GET', path: '/\u202e\u001b[2Jx' });
    expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });
});
