import { type Anchored, anchorsIn, type ChainReport, createChainCheck } from './chain-check.ts';
import { type ExportHeader, parseHeader, parseRow } from './export-format.ts';

export type ExportReport = ChainReport & {
  header: ExportHeader;
  /** Number of the first line (1 is the header) that is no row of a log. */
  unreadableLine: number | undefined;
};

/** Opens the lines of an export from the beginning. */
export type OpenLines = () => AsyncIterable<string>;

/**
 * Checks an export without a database: every row, the order of the chains, where they end, and what they say of each
 * other. `undefined` when the file does not begin as one. It is read twice, so that it need not be held.
 */
export async function verifyExport(open: OpenLines): Promise<ExportReport | undefined> {
  const header = await headerOf(open());
  if (!header) return undefined;
  const isPart = Object.keys(header.filters).length > 0;
  const check = createChainCheck({ isPart });
  const expected = await anchorsOf(open(), header);
  let unreadableLine: number | undefined;
  let number = 0;
  for await (const line of open()) {
    number += 1;
    if (number === 1) continue;
    const row = parseRow(line);
    if (!row) {
      unreadableLine ??= number;
      continue;
    }
    check.row(row);
    const place = placeOf(row);
    const hash = Buffer.from(row.hash).toString('hex');
    for (const seen of expected.get(place) ?? []) if (seen !== hash) check.report({ ...row, problem: 'anchor' });
    expected.delete(place);
  }
  // What is left was seen by somebody and is not here; in a part of the log it may have been filtered out.
  if (!isPart) for (const place of expected.keys()) check.report({ ...partsOf(place), problem: 'anchor' });
  return { ...plainReport(check.result()), header, unreadableLine };
}

async function headerOf(lines: AsyncIterable<string>): Promise<ExportHeader | undefined> {
  for await (const line of lines) return parseHeader(line);
  return undefined;
}

/** By their places, the hashes that the header and the anchors of all rows expect there. */
async function anchorsOf(lines: AsyncIterable<string>, { heads }: ExportHeader): Promise<Map<string, Set<string>>> {
  const expected = new Map<string, Set<string>>();
  const expect = (anchored: Anchored) => {
    const hashes = expected.get(placeOf(anchored)) ?? new Set();
    expected.set(placeOf(anchored), hashes.add(anchored.hash));
  };
  heads.forEach(expect);
  for await (const line of lines) {
    const row = parseRow(line);
    if (row) anchorsIn(row).forEach(expect);
  }
  return expected;
}

const placeOf = ({ writerId, seq }: { writerId: string; seq: number }) => `${writerId}/${seq}`;

function partsOf(place: string): { writerId: string; seq: number } {
  const [writerId = '', seq] = place.split('/');
  return { writerId, seq: Number(seq) };
}

function plainReport({ broken, ...report }: ChainReport): ChainReport {
  return { ...report, broken: broken.map(({ writerId, seq, problem }) => ({ writerId, seq, problem })) };
}
