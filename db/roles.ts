import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Sql } from './connect.ts';

/** The role that children log in as. The owner of the tables never runs the program, only its migrations. */
export const appRole = 'sallyport_app';

/** The database would let the application do more than it may. The message says what to take away. */
export class RoleTooStrong extends Error {
  override name = 'RoleTooStrong';
}

/**
 * Makes the application's role, or gives the one that is there this password. Roles belong to the server and not to one
 * database, hence not a migration. Attributes of an existing role are left alone: `assertAppRoleIsWeak` judges them.
 */
export async function makeAppRole(ownerSql: Sql, password: string): Promise<void> {
  await ownerSql.unsafe(`
    do $$ begin
      create role ${appRole} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    exception when duplicate_object or unique_violation then null;
    end $$`);
  await ownerSql.unsafe(`alter role ${appRole} with login password '${scramVerifier(password)}'`);
}

// Sent instead of the password, which would otherwise stand in the server's log of statements (RFC 5803 form).
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}

type Strength = {
  name: string;
  superuser: boolean;
  creates_roles: boolean;
  creates_databases: boolean;
  bypasses_rls: boolean;
  replicates: boolean;
  member: boolean;
  owns: boolean;
  creates_tables: boolean;
  rewrites_audit: boolean;
  deletes_evidence: boolean;
};

const complaints: Record<Exclude<keyof Strength, 'name'>, string> = {
  superuser: 'is a superuser',
  creates_roles: 'may create roles',
  creates_databases: 'may create databases',
  bypasses_rls: 'bypasses row level security',
  replicates: 'may replicate',
  member: 'is a member of another role',
  owns: 'owns tables or other objects',
  creates_tables: 'may create tables',
  rewrites_audit: 'may update, delete or truncate audit_events',
  deletes_evidence: 'may delete people, sign-ins, grants, sessions or recordings',
};

/** Throws `RoleTooStrong` when the role of this connection could alter evidence or raise itself. Asked at every start. */
export async function assertAppRoleIsWeak(sql: Sql): Promise<void> {
  const [strength] = await sql<Strength[]>`
    select r.rolname as name,
      r.rolsuper as superuser,
      r.rolcreaterole as creates_roles,
      r.rolcreatedb as creates_databases,
      r.rolbypassrls as bypasses_rls,
      r.rolreplication as replicates,
      exists (select from pg_auth_members where member = r.oid) as member,
      exists (select from pg_shdepend
        where refclassid = 'pg_authid'::regclass and refobjid = r.oid and deptype = 'o') as owns,
      has_schema_privilege('public', 'create') or has_database_privilege(current_database(), 'create') as creates_tables,
      has_any_column_privilege('audit_events', 'update')
        or has_table_privilege('audit_events', 'update, delete, truncate, trigger') as rewrites_audit,
      exists (select from unnest(array['people', 'login_sessions', 'grants', 'sessions', 'recordings']) as kept
        where has_table_privilege(kept, 'delete, truncate')) as deletes_evidence
    from pg_roles r where r.rolname = current_user`;
  if (!strength) throw new RoleTooStrong('PostgreSQL does not say what the role of this connection may do.');
  const found = Object.entries(complaints).filter(([key]) => strength[key as keyof typeof complaints]);
  if (found.length === 0) return;
  throw new RoleTooStrong(
    `Sallyport does not start: the database role "${strength.name}" ${found.map(([, words]) => words).join(', ')}. ` +
      `Connect with the role ${appRole} that the migrations prepare, and take these rights away from it.`,
  );
}
