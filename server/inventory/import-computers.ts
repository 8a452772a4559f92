import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { findNamed } from '../../db/queries/import-lookups.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { importLimits } from '../protocol/computer-columns.ts';
import { addComputer } from './create-computer.ts';
import { addGrant } from './grants.ts';
import { type ImportRow, type Plan, type PlannedRow, planImport, readImport, wordsOf } from './import-plan.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export type { PlannedRow };

export const ImportComputersInputSchema = z.object({
  /** The text of a CSV file. */
  text: z.string().max(importLimits.characters, 'This file is larger than 2 MB. Import it in parts.'),
});
type Input = z.output<typeof ImportComputersInputSchema>;

/** What an import would do, line by line, or what is wrong and what to do about it. Changes nothing. */
export async function checkImport(ctx: Context, actor: Actor, { text }: Input): Promise<Outcome<PlannedRow[]>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const read = readImport(text);
  if (!read.ok) return refuse('invalid_input', { field: 'text', problem: read.problem });
  const plans = await plan(ctx.connection.db, read.rows, actor);
  return ok(plans.map(({ input: _, grant: __, ...row }) => row));
}

/** How many lines are written in one transaction: other changes wait for it, and for its evidence. */
const batchRows = 100;

/**
 * Adds the computers of a file, with their grants. A file with anything wrong adds nothing. The rest is written in
 * batches, each of which is there as a whole or not at all, and what is there already is passed over, so that an import
 * which was interrupted goes on where it stopped when it is done again. Answers how many computers are new.
 */
export async function importComputers(
  ctx: Context,
  actor: Actor,
  { text }: Input,
): Promise<Outcome<{ added: number; waiting: number }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const read = readImport(text);
  if (!read.ok) return refuse('invalid_input', { field: 'text', problem: read.problem });
  const wrong = (await plan(ctx.connection.db, read.rows, actor)).find(({ verdict }) => verdict === 'wrong');
  if (wrong) return refuse('invalid_input', { field: 'text', problem: `Line ${wrong.line}: ${wrong.says.join(' ')}` });

  const sha256 = createHash('sha256').update(text).digest('hex');
  const sum = { added: 0, waiting: 0 };
  for (let at = 0; at < read.rows.length; at += batchRows) {
    const batch = await addBatch(ctx, actor, { rows: read.rows.slice(at, at + batchRows), sha256 });
    if (!batch.ok) return stopped(batch, sum.added);
    sum.added += batch.value.added;
    sum.waiting += batch.value.waiting;
  }
  return ok(sum);
}

async function plan(tx: Tx, rows: readonly ImportRow[], actor: Actor): Promise<Plan[]> {
  return planImport(rows, await findNamed(tx, wordsOf(rows)), actor.person.id);
}

/** What was there when the file was looked at is there no more, or something else is: nothing of its batch is kept. */
class BatchRefused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.code);
  }
}

async function addBatch(
  ctx: Context,
  actor: Actor,
  { rows, sha256 }: { rows: readonly ImportRow[]; sha256: string },
): Promise<Outcome<{ added: number; waiting: number }>> {
  try {
    return await ctx.audit.transact(async (tx, record) => {
      const sum = { added: 0, waiting: 0 };
      for (const row of await plan(tx, rows, actor)) {
        if (row.verdict === 'wrong') throw new BatchRefused(changedMeanwhile);
        if (!row.input) continue;
        sum.waiting += Number(await addRow(tx, record, row, { actorId: actor.person.id, now: ctx.clock.now() }));
        sum.added += 1;
      }
      if (sum.added === 0) return ok(sum);
      record({ kind: 'computers.imported', actorId: actor.person.id, subject: { added: sum.added, sha256 } });
      await notify(tx, 'access_changed', {});
      return ok(sum);
    });
  } catch (error) {
    if (error instanceof BatchRefused) return error.refusal;
    if (violatedConstraint(error) !== undefined) return changedMeanwhile;
    throw error;
  }
}

async function addRow(
  tx: Tx,
  record: (event: AuditEvent) => void,
  { input, grant }: Plan,
  by: { actorId: Actor['person']['id']; now: Date },
): Promise<boolean> {
  if (!input) return false;
  const added = await addComputer(tx, record, input, by);
  if (!added.ok) throw new BatchRefused(changedMeanwhile);
  const { computerId, credentialWaits } = added.value;
  if (grant) await addGrant(tx, record, { ...grant, computerId, credentialId: null, startsAt: null, endsAt: null }, by);
  return credentialWaits;
}

const changedMeanwhile: Refusal = refuse('conflict', {
  problem: 'Somebody changed computers, credentials or grants at the same time. Check the file again.',
});

function stopped(refusal: Refusal, added: number): Refusal {
  const problem = `${added} computers were added. ${refusal.params?.problem ?? ''} What is there already is passed over.`;
  return added === 0 ? refusal : refuse('conflict', { problem });
}
