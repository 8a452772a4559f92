import { writeCsv } from './csv.ts';

/** The columns of a table of computers, as they are written; all but the name and the server may be left away. */
export const computerColumns = [
  'name',
  'description',
  'server',
  'server2',
  'server3',
  'port',
  'mode',
  'notes',
  'credential',
  'person',
  'group',
  'policy',
  'access level',
] as const;
export type ComputerColumn = (typeof computerColumns)[number];

export const importLimits = { rows: 5_001, cellLength: 4_000, cells: 50, characters: 2_000_000 };

const required: readonly ComputerColumn[] = ['name', 'server'];

/** Which column each cell belongs to, in whatever order, case and spelling (`Access_Level`) they come. */
export function readHeader(
  cells: readonly string[],
): { ok: true; columns: ComputerColumn[] } | { ok: false; problem: string } {
  const columns: ComputerColumn[] = [];
  for (const cell of cells) {
    const column = computerColumns.find((each) => spelling(each) === spelling(cell));
    if (!column) return no(`There is no column “${cell.trim().slice(0, 40)}”. Use ${computerColumns.join(', ')}.`);
    if (columns.includes(column)) return no(`The column “${column}” is there twice.`);
    columns.push(column);
  }
  const missing = required.find((column) => !columns.includes(column));
  return missing ? no(`The column “${missing}” is missing in the first line.`) : { ok: true, columns };
}

function spelling(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}

function no(problem: string) {
  return { ok: false as const, problem };
}

/** A file to fill in: the header, and a line that shows what goes where. */
export function computerTemplate(): string {
  const example: Record<ComputerColumn, string> = {
    name: 'Web server 1',
    description: 'Front of the shop',
    server: 'web1.example.com',
    server2: '',
    server3: '',
    port: '22',
    mode: 'SSH',
    notes: '',
    credential: '',
    person: '',
    group: '',
    policy: '',
    'access level': '',
  };
  return writeCsv([computerColumns, computerColumns.map((column) => example[column])]);
}
