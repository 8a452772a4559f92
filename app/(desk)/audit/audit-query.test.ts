// Contract: the address holds what is shown of the log, both ways, and the export asks for the very same part.
import { expect, test } from 'vitest';
import { type AuditQuery, auditPath, exportPath, readAuditQuery } from './audit-query.ts';

const fromPath = (path: string) => readAuditQuery(Object.fromEntries(new URL(path, 'http://x').searchParams));

test.each<AuditQuery>([
  { filters: {} },
  { filters: { kind: 'sign_in', text: 'a & b?=#' } },
  { filters: { person: 'ada@example.org', from: '2026-03-01T12:00', until: '2026-03-02T00:00' } },
  { filters: { session: '0190a1b2-0000-7000-8000-000000000000', computer: 'web' }, cursor: 'w.7' },
])('%j survives the address', (query) => {
  expect(fromPath(auditPath(query))).toEqual({ cursor: undefined, ...query });
});

test('what is empty, unknown or given twice does not count', () => {
  const query = readAuditQuery({ kind: '', person: '  ', text: ['a', 'b'], other: 'x', before: '' });
  expect(query).toEqual({ filters: { text: 'a' }, cursor: undefined });
});

test('the export has the filters and no page', () => {
  expect(exportPath({})).toBe('/api/audit/export.ndjson');
  expect(exportPath({ kind: 'sign_in', text: 'a b' })).toBe('/api/audit/export.ndjson?kind=sign_in&text=a+b');
});
