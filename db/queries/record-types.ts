import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { CredentialId, RecordTypeId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { RecordTypeSort } from '../../server/protocol/list-sorts.ts';
import type { FieldType, RecordKind } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { credentials, recordTypeFields, recordTypes } from '../schema.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

/** A field that a record type adds to its credentials. */
export type RecordField = { name: string; label: string; type: FieldType; isRequired: boolean };

export type RecordType = {
  recordTypeId: RecordTypeId;
  name: string;
  description: string;
  kind: RecordKind;
  isBuiltIn: boolean;
  disabledAt: Date | null;
};

/** As an administrator sees it in a list. Personal credentials are counted, and that is all. */
export type ListedRecordType = RecordType & { fieldCount: number; credentialCount: number };

const typeColumns = {
  recordTypeId: recordTypes.id,
  name: recordTypes.name,
  description: recordTypes.description,
  kind: recordTypes.kind,
  isBuiltIn: recordTypes.isBuiltIn,
  disabledAt: recordTypes.disabledAt,
};

// Written out, because drizzle drops the names of tables where a query has only one.
const fieldCount = sql<number>`(select count(*)::int from record_type_fields f where f.record_type_id = record_types.id)`;
const credentialCount = sql<number>`(select count(*)::int from credentials c where c.record_type_id = record_types.id)`;

const orders: Record<RecordTypeSort, SQL> = {
  name: sql`lower(${recordTypes.name})`,
  kind: sql`${recordTypes.kind}`,
  credentials: credentialCount,
};

export async function pageOfRecordTypes(tx: Tx, query: ListQuery<RecordTypeSort>): Promise<Page<ListedRecordType>> {
  const where = matchesAll(query.search, [recordTypes.name, recordTypes.description, recordTypes.kind]);
  return readPage(
    query,
    () => tx.$count(recordTypes, where),
    ({ limit, offset }) =>
      tx
        .select({ ...typeColumns, fieldCount, credentialCount })
        .from(recordTypes)
        .where(where)
        .orderBy(...orderOf(query, orders, recordTypes.id))
        .limit(limit)
        .offset(offset),
  );
}

/** A record type; `lock` keeps it as it is until the transaction ends: `share` while a credential of it is written. */
export async function findRecordType(
  tx: Tx,
  id: RecordTypeId,
  lock?: 'share' | 'update',
): Promise<RecordType | undefined> {
  const wanted = tx.select(typeColumns).from(recordTypes).where(eq(recordTypes.id, id));
  const [row] = await (lock ? wanted.for(lock) : wanted);
  return row;
}

export type RecordTypeWithFields = RecordType & { fields: RecordField[] };
const mostTypes = 500;

/** All record types with their fields, by name: what the forms of credentials are made of. */
export async function listRecordTypesWithFields(tx: Tx): Promise<RecordTypeWithFields[]> {
  const types = await tx
    .select(typeColumns)
    .from(recordTypes)
    .orderBy(sql`${recordTypes.isBuiltIn} desc`, asc(sql`lower(${recordTypes.name})`))
    .limit(mostTypes);
  const ids = types.map(({ recordTypeId }) => recordTypeId);
  const rows = ids.length === 0 ? [] : await selectFields(tx, inArray(recordTypeFields.recordTypeId, ids));
  return types.map((type) => ({
    ...type,
    fields: rows.filter((row) => row.recordTypeId === type.recordTypeId).map(({ recordTypeId: _, ...field }) => field),
  }));
}

export async function listFields(tx: Tx, id: RecordTypeId): Promise<RecordField[]> {
  const rows = await selectFields(tx, eq(recordTypeFields.recordTypeId, id));
  return rows.map(({ recordTypeId: _, ...field }) => field);
}

function selectFields(tx: Tx, where: SQL) {
  const { recordTypeId, name, label, type, isRequired } = recordTypeFields;
  return tx
    .select({ recordTypeId, name, label, type, isRequired })
    .from(recordTypeFields)
    .where(where)
    .orderBy(asc(recordTypeFields.recordTypeId), asc(recordTypeFields.position), asc(recordTypeFields.name));
}

/** How many credentials have a value in each field, by the name of the field; those without any are not among them. */
export async function countValues(tx: Tx, id: RecordTypeId): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.execute<{ name: string; n: number }>(sql`
    select field as name, count(*)::int as n from ${credentials}, jsonb_object_keys(${credentials.fields}) field
    where ${credentials.recordTypeId} = ${id} group by field`);
  return new Map([...rows].map(({ name, n }) => [name, n]));
}

type Names = { name: string; description: string };

export async function insertRecordType(tx: Tx, type: Names & { id: RecordTypeId; kind: RecordKind }): Promise<void> {
  await tx.insert(recordTypes).values(type);
}

export async function updateRecordType(tx: Tx, id: RecordTypeId, names: Names): Promise<void> {
  await tx.update(recordTypes).set(names).where(eq(recordTypes.id, id));
}

export async function updateRecordTypeDisabled(tx: Tx, id: RecordTypeId, disabledAt: Date | null): Promise<void> {
  await tx.update(recordTypes).set({ disabledAt }).where(eq(recordTypes.id, id));
}

/** Adds a field after those that are there. */
export async function insertField(tx: Tx, recordTypeId: RecordTypeId, field: RecordField): Promise<void> {
  const [last] = await tx
    .select({ position: sql<number>`coalesce(max(${recordTypeFields.position}), 0)::int` })
    .from(recordTypeFields)
    .where(eq(recordTypeFields.recordTypeId, recordTypeId));
  await tx.insert(recordTypeFields).values({ recordTypeId, ...field, position: (last?.position ?? 0) + 1 });
}

function isField(recordTypeId: RecordTypeId, name: string): SQL | undefined {
  return and(eq(recordTypeFields.recordTypeId, recordTypeId), eq(recordTypeFields.name, name));
}

export async function updateField(tx: Tx, recordTypeId: RecordTypeId, { name, ...change }: RecordField): Promise<void> {
  await tx.update(recordTypeFields).set(change).where(isField(recordTypeId, name));
}

/** Takes a field away, and its values out of every credential. */
export async function deleteField(tx: Tx, recordTypeId: RecordTypeId, name: string): Promise<void> {
  await tx.delete(recordTypeFields).where(isField(recordTypeId, name));
  await tx
    .update(credentials)
    .set({ fields: sql`${credentials.fields} - ${name}::text` })
    .where(hasValue(recordTypeId, name));
}

function hasValue(recordTypeId: RecordTypeId, name: string): SQL | undefined {
  return and(eq(credentials.recordTypeId, recordTypeId), sql`jsonb_exists(${credentials.fields}, ${name}::text)`);
}

type StoredValue = { credentialId: CredentialId; value: string | number | boolean };

/** What credentials have in a field, each. */
export async function listValues(tx: Tx, recordTypeId: RecordTypeId, name: string): Promise<StoredValue[]> {
  return tx
    .select({ credentialId: credentials.id, value: sql<StoredValue['value']>`${credentials.fields} -> ${name}::text` })
    .from(credentials)
    .where(hasValue(recordTypeId, name));
}

export async function updateValue(tx: Tx, name: string, { credentialId, value }: StoredValue): Promise<void> {
  await tx
    .update(credentials)
    .set({ fields: sql`jsonb_set(${credentials.fields}, array[${name}::text], ${JSON.stringify(value)}::jsonb)` })
    .where(eq(credentials.id, credentialId));
}
