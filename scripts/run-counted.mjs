// Runs one of our runners, shows what it prints, and reads its last line: `name: 12 passed, 0 failed, 1 skipped`.
import { spawn } from 'node:child_process';

const closing = /^\w+: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** A runner that dies before it counts has failed, whatever it says. */
export async function runCounted(script, args = []) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let tail = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    tail = (tail + chunk).slice(-4096);
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const line = closing.exec(tail.trimEnd().split('\n').at(-1) ?? '');
  const [passed, failed, skipped] = line ? line.slice(1).map((count) => Number(count ?? 0)) : [0, 0, 0];
  const broken = !line || (code !== 0 && failed === 0);
  if (broken)
    console.log(`${script} ended with status ${code} ${line ? 'in spite of its counts' : 'and counted nothing'}.`);
  return { passed, failed: failed + (broken ? 1 : 0), skipped };
}

export function sumUp(counts) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const count of counts) for (const key of Object.keys(total)) total[key] += count[key] ?? 0;
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  return { text: `${total.passed} passed, ${total.failed} failed${skipped}`, failed: total.failed };
}
