import { listComputersForExport } from '../../db/queries/computer-lists.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { type ComputerColumn, computerColumns } from '../protocol/computer-columns.ts';
import { writeCsv } from '../protocol/csv.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

const exported = computerColumns.filter((column) => !['person', 'group', 'policy', 'access level'].includes(column));

/** All computers as a CSV file that can be imported again; who may work there is not in it, nor any secret. */
export async function exportComputers(ctx: Context, actor: Actor): Promise<Outcome<string>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const rows = (await listComputersForExport(ctx.connection.db)).map((computer) => {
    const { name, description, server, server2, server3, port, mode, notes, sharedCredential } = computer;
    const cells: Partial<Record<ComputerColumn, string>> = {
      ...{ name, description, server, server2: server2 ?? '', server3: server3 ?? '' },
      ...{ port: String(port), mode, notes, credential: sharedCredential?.name ?? '' },
    };
    return exported.map((column) => cells[column] ?? '');
  });
  return ok(writeCsv([exported, ...rows]));
}
