export type Unit = 'MB/s' | 'ms' | 'MB' | '%' | '/s';

export type Measured = {
  ours: number;
  peer: number;
  /** What else was seen on the way, for people. */
  notes?: readonly string[];
};

/** What we want to see, in words, and whether these numbers show it. */
export type Aim = { words: string; isMet(measured: Measured): boolean };

export type Result = Measured & { figure: string; peerName: string; unit: Unit; aim: Aim };

/** One figure as a line of JSON, for machines. */
export function jsonLine({ figure, ours, peer, peerName, unit }: Result): string {
  return JSON.stringify({
    figure,
    ours: rounded(ours),
    peer: rounded(peer),
    peerName,
    ratio: ratioOf(ours, peer),
    unit,
  });
}

/** All figures as a table, for people. */
export function table(results: readonly Result[]): string {
  const head = ['figure', 'ours', 'peer', 'ratio', 'aim', ''];
  const rows = results.map(({ figure, ours, peer, peerName, unit, aim }) => [
    figure,
    `${text(ours)} ${unit}`,
    `${text(peer)} ${unit} (${peerName})`,
    ratioOf(ours, peer).toFixed(2),
    aim.words,
    aim.isMet({ ours, peer }) ? 'met' : 'missed',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function ratioOf(ours: number, peer: number): number {
  return Number((ours / peer).toFixed(3));
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function text(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}
