// Contract: the application's role can read and append evidence and never change it; the program refuses to start with
// a role that could. Migrations may be run by several at once.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect } from './connect.ts';
import { migrateDatabase } from './migrate.ts';
import { assertAppRoleIsWeak, RoleTooStrong } from './roles.ts';
import { type TestDatabase, testDatabase } from './testing/database.ts';
import { databasePlaceholder } from './testing/test-server.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

describe('the role sallyport_app', () => {
  it('passes its own examination', async () => {
    await expect(assertAppRoleIsWeak(database.connection.sql)).resolves.toBeUndefined();
  });

  it.each([
    ["update audit_events set kind = 'x'"],
    ['delete from audit_events'],
    ['truncate audit_events'],
    ['delete from sessions'],
    ['delete from recordings'],
    ['delete from grants'],
    ['delete from people'],
    ['delete from login_sessions'],
    ['update sessions set person_id = gen_random_uuid()'],
    ['update sessions set computer_id = 1, requested_at = now()'],
    ['update grants set ends_at = null'],
    ['update grants set created_by = null'],
    ["update recordings set path = '/'"],
    ["update login_sessions set address = '127.0.0.1', expires_at = 'infinity'"],
    ['update installation set demo = true'],
    ['create table mine (id int)'],
    ['create role helper'],
    ['alter table audit_events disable trigger all'],
    ['drop table audit_events'],
    ['insert into installation (demo) values (true)'],
  ])('may not: %s', async (statement) => {
    await expect(database.connection.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('start-up with a role that is too strong', () => {
  it('refuses the owner and says every reason in one sentence', async () => {
    const owner = connect(database.ownerUrl, { max: 1 });
    try {
      await expect(assertAppRoleIsWeak(owner.sql)).rejects.toThrow(RoleTooStrong);
      await expect(assertAppRoleIsWeak(owner.sql)).rejects.toThrow(
        /"sallyport_owner" is a superuser, may create roles.*update, delete or truncate audit_events/,
      );
    } finally {
      await owner.close();
    }
  });

  it.each([
    ['grant update (kind) on audit_events to sallyport_app', 'revoke update (kind) on audit_events from sallyport_app'],
    ['grant delete on sessions to sallyport_app', 'revoke delete on sessions from sallyport_app'],
    ['grant delete on audit_events to sallyport_app', 'revoke delete on audit_events from sallyport_app'],
    ['grant create on schema public to sallyport_app', 'revoke create on schema public from sallyport_app'],
    ['grant pg_read_all_data to sallyport_app', 'revoke pg_read_all_data from sallyport_app'],
    ['alter role sallyport_app createdb', 'alter role sallyport_app nocreatedb'],
    ['alter table groups owner to sallyport_app', 'alter table groups owner to sallyport_owner'],
  ])('refuses after: %s', async (strengthen, weaken) => {
    const owner = connect(database.ownerUrl, { max: 1 });
    try {
      await owner.sql.unsafe(strengthen);
      await expect(assertAppRoleIsWeak(database.connection.sql)).rejects.toThrow(/does not start.*sallyport_app/);
    } finally {
      await owner.sql.unsafe(weaken);
      await owner.close();
    }
  });
});

describe('migrateDatabase', () => {
  it('may be called by several at once on an empty database, and again later', async () => {
    const name = `sallyport_${randomBytes(6).toString('hex')}`;
    const serverOwner = connect(inject('testServer').ownerUrl.replace(databasePlaceholder, 'postgres'), { max: 1 });
    const ownerUrl = inject('testServer').ownerUrl.replace(databasePlaceholder, name);
    // The password of the role belongs to the whole server, so this test keeps the one that the others log in with.
    const appPassword = decodeURIComponent(new URL(inject('testServer').appUrl).password);
    const options = { migrationsFolder: join(import.meta.dirname, 'migrations'), appPassword };
    try {
      await serverOwner.sql.unsafe(`create database ${name}`);
      await Promise.all([1, 2, 3, 4].map(() => migrateDatabase(ownerUrl, options)));
      await migrateDatabase(ownerUrl, options);
      const app = connect(inject('testServer').appUrl.replace(databasePlaceholder, name), { max: 1 });
      await expect(assertAppRoleIsWeak(app.sql)).resolves.toBeUndefined();
      await app.close();
    } finally {
      await serverOwner.sql.unsafe(`drop database if exists ${name}`);
      await serverOwner.close();
    }
  });
});
