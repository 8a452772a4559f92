/*
 * A secret that is entered again is meant for every address where it is in use. So whoever enters it has seen where it
 * waits: nobody has a colleague's next change of a password send it to a host that they put it to use for in silence.
 */
import { describe, expect, test } from 'vitest';
import { aCredential } from '../../db/testing/builders.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { CredentialId } from '../ids.ts';
import { changeCredential } from './change-credential.ts';
import { ChangeCredentialInputSchema } from './credential-input.ts';
import { listCredentials } from './list-credentials.ts';
import {
  atRelease,
  computerAt,
  ctx,
  db,
  evidenceAt,
  host,
  keeper,
  mallory,
  moved,
  second,
  secretOf,
} from './testing/suspension-rig.ts';

async function rowOf(id: CredentialId) {
  const { rows } = valueIn(await listCredentials(ctx, keeper, listOf('updated', { descending: true })));
  const row = rows.find(({ credentialId }) => credentialId === id);
  if (!row) throw new Error('The credential is not on the first page.');
  return row;
}

/** As the form sends it: with what its page showed. */
async function enter(id: CredentialId, { name, username, waitingSince }: Awaited<ReturnType<typeof rowOf>>) {
  const input = { credentialId: id, name, username, password: 'entered again', waitingSince };
  return changeCredential(ctx, keeper, ChangeCredentialInputSchema.parse(JSON.parse(JSON.stringify(input))));
}

describe('a secret that is entered again', () => {
  test('goes where it waited, for whoever saw where that is', async () => {
    const [id, evil] = [await secretOf(), host()];
    const { computerId } = await computerAt(mallory, evil, { sharedCredentialId: id });
    const seen = await rowOf(id);
    expect(seen).toMatchObject({ suspended: 1, waitsAt: [`${evil} port 22`], waitingSince: expect.any(Date) });
    valueIn(await enter(id, seen));
    expect(await atRelease(computerId, id, evil)).toBe('given');
    expect(await rowOf(id)).toMatchObject({ suspended: 0, waitsAt: [], waitingSince: null });
  });

  test.each([
    ['nowhere', async () => undefined],
    ['elsewhere', async (id: CredentialId) => void (await computerAt(second, host(), { sharedCredentialId: id }))],
  ])('goes nowhere, and is not stored, when it waited %s as it was looked at', async (_, before) => {
    const [id, evil] = [await secretOf(), host()];
    await before(id);
    const seen = await rowOf(id);
    ctx.clock.advance(1000);
    const { computerId } = await computerAt(mallory, evil, { sharedCredentialId: id });
    const outcome = await enter(id, seen);
    expect(outcome).toMatchObject({ code: 'conflict', params: { field: 'password' } });
    expect(JSON.stringify(outcome)).toContain(evil);
    expect(await atRelease(computerId, id, evil)).toBe('waits');
    expect((await rowOf(id)).updatedAt).toEqual(seen.updatedAt);
    expect((await evidenceAt(evil)).map(({ kind }) => kind)).not.toContain('credential.resumed');
  });

  test('goes nowhere when the address that was looked at was exchanged for another', async () => {
    const [id, shown, evil] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(mallory, shown, { sharedCredentialId: id });
    const seen = await rowOf(id);
    ctx.clock.advance(1000);
    await moved(mallory, computerId, evil, { sharedCredentialId: id });
    expect(await enter(id, seen)).toMatchObject({ code: 'conflict' });
    expect(await atRelease(computerId, id, evil)).toBe('waits');
  });

  test('is shown with the addresses of the records that use it', async () => {
    const [id, evil] = [await secretOf(), host()];
    const record = (await aCredential(db(), { secretId: null, referenceId: id })).id;
    const { computerId } = await computerAt(mallory, evil, { sharedCredentialId: record });
    const seen = await rowOf(id);
    expect(seen).toMatchObject({ suspended: 1, waitsAt: [`${evil} port 22`] });
    valueIn(await enter(id, seen));
    expect(await atRelease(computerId, record, evil)).toBe('given');
  });

  test('does not have to be entered for another change, which lets nothing go', async () => {
    const [id, evil] = [await secretOf(), host()];
    const { computerId } = await computerAt(mallory, evil, { sharedCredentialId: id });
    const input = { credentialId: id, name: 'Renamed while it waits', username: 'root' };
    valueIn(await changeCredential(ctx, keeper, ChangeCredentialInputSchema.parse(input)));
    expect(await atRelease(computerId, id, evil)).toBe('waits');
  });
});
