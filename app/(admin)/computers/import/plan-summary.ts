type Verdict = 'add' | 'there' | 'wrong';
export type Filter = 'all' | Verdict;

export function matchesFilter({ verdict }: { verdict: Verdict }, filter: Filter): boolean {
  return filter === 'all' || verdict === filter;
}

/** How many lines lead to what, and what to do next in one sentence or two. */
export function summaryOf(rows: readonly { verdict: Verdict }[]): Record<Filter, number> & { sentence: string } {
  const count = (wanted: Verdict) => rows.filter(({ verdict }) => verdict === wanted).length;
  const [add, there, wrong] = [count('add'), count('there'), count('wrong')];
  return { all: rows.length, add, there, wrong, sentence: sentenceOf(add, there, wrong) };
}

function sentenceOf(add: number, there: number, wrong: number): string {
  const rest =
    there > 0 ? ` ${lines(there)} there already and ${there === 1 ? 'stays as it is' : 'stay as they are'}.` : '';
  if (wrong > 0)
    return `${lines(wrong)} wrong, so nothing can be imported yet. Mend the file and choose it again.${rest}`;
  if (add === 0) return 'Every computer of this file is there already. There is nothing to import.';
  return `${add === 1 ? 'One computer is' : `${add} computers are`} new.${rest} Nothing has been changed so far.`;
}

function lines(count: number): string {
  return count === 1 ? 'One line is' : `${count} lines are`;
}
