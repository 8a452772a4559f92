/**
 * The road from sign-in to replay, as people walk it, on the built program and a real sshd: a user signs in, clicks
 * Connect and works in a shell whose password never reaches their browser; it ends, and the screen says why. An auditor
 * finds the session, plays it, downloads it; scriptreplay plays the same, the proof holds, and the viewing is on record.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionId } from '../server/ids.ts';
import { replay } from '../server/recording/testing/test-store.ts';
import { expect, test } from './test.ts';
import { isRoot } from './testbed/account.ts';
import { auditOf, sessionOf } from './testbed/evidence.ts';
import { connect, PlayerPage, shopItem, signIn } from './testbed/pages.ts';

test('from sign-in to replay', async ({ house, newBrowser, browserOf }) => {
  const { account, admin, stack } = house;
  const secret = isRoot
    ? ({ type: 'password', password: account.password } as const)
    : ({ type: 'ssh_key', privateKey: account.privateKey } as const);
  const person = await admin.person();
  const computer = await admin.computer(house.hosts.open, { secret });
  await admin.grant(person, computer, { allowCopy: true });

  const context = await newBrowser(stack.baseUrl);
  const secrets = new SecretSearch([account.password, account.privateKey.split('\n')[2] ?? '']);
  context.on('page', (page) => {
    page.on('response', (response) => void secrets.lookInto(response.body().catch(() => Buffer.alloc(0))));
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => void secrets.lookInto(payload));
      socket.on('framesent', ({ payload }) => void secrets.lookInto(payload));
    });
  });
  const shop = await context.newPage();

  const terminal = await test.step('sign in and connect', async () => {
    await signIn(shop, person);
    await expect(shopItem(shop, computer.name)).toContainText('Recorded');
    const opened = await connect(shop, computer.name);
    await opened.open();
    return opened;
  });
  const sessionId = terminal.sessionId as SessionId;

  await test.step('work in a real shell', async () => {
    await expect(terminal.page.getByTestId('recorded-banner')).toBeVisible();
    await expect(terminal.page.getByRole('heading', { name: computer.name })).toBeVisible();
    await expect(terminal.page.getByTitle('Account on the computer')).toHaveText(account.name);
    await terminal.line('id -un; echo sum-$((40 + 2))');
    await terminal.shows('sum-42');
    await terminal.shows(account.name);

    // As bytes: the shell of a bare machine may have no locale that knows these characters.
    await terminal.line(String.raw`printf 'wide \344\275\240\345\245\275, caf\303\251 \360\237\246\200\n'`);
    await terminal.shows('wide 你好, café 🦀');
    await terminal.line('echo tell-$((1 + 1)); read -r typed; echo bytes: $(printf %s "$typed" | od -An -tx1)');
    await terminal.shows('tell-2');
    await terminal.line('é好');
    await terminal.shows('bytes: c3 a9 e5 a5 bd');

    await terminal.line('echo asleep-$((1 + 1)); sleep 600');
    await terminal.shows('asleep-2');
    await terminal.press('Control+C');
    await terminal.line('echo back-$((6 * 7))');
    await terminal.shows('back-42');
  });

  await test.step('the size of the window is the size of the terminal', async () => {
    await terminal.line('trap "echo size: \\$(stty size)" WINCH; echo "at first: $(stty size)"');
    await terminal.shows(/at first: \d+ \d+/);
    await terminal.page.setViewportSize({ width: 1000, height: 520 });
    await terminal.line('');
    await terminal.shows(/size: \d+ \d+/);
    const text = await terminal.page.getByTestId('terminal').locator('.xterm-rows').innerText();
    const [, before] = /at first: (\d+ \d+)/.exec(text) ?? [];
    const after = [...text.matchAll(/size: (\d+) (\d+)/g)].at(-1);
    expect(`${after?.[1]} ${after?.[2]}`).not.toBe(before);
    expect(Number(after?.[1])).toBeLessThan(Number(before?.split(' ')[0]));
  });

  await test.step('the end says why', async () => {
    await terminal.line('exit 3');
    const words = await terminal.ended('exited');
    expect(words).toContain('The shell on the computer ended.');
    expect(words).toMatch(/Exit status\s+3/);
  });

  await test.step('the credential was never in the browser', async () => {
    await secrets.done();
    expect(secrets.found).toEqual([]);
    for (const page of context.pages()) {
      expect(await page.content()).not.toContain(account.password);
      const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
      expect(stored).not.toContain(account.password);
    }
    expect(JSON.stringify(await context.storageState())).not.toContain(account.password);
  });

  const auditor = await browserOf(house.login('auditor'));
  const player = new PlayerPage(auditor);

  await test.step('an auditor finds it and plays it', async () => {
    await auditor.goto('/sessions');
    await auditor.getByRole('searchbox').fill(person.name);
    await auditor.keyboard.press('Enter');
    await auditor.getByRole('link', { name: `Session of ${person.name} on ${computer.name}` }).click();
    await expect(auditor.getByRole('heading', { name: `${person.name} on ${computer.name}` })).toBeVisible();
    await player.press('Play');
    await expect(player.screen).toContainText('sum-42');
    await player.press('Pause');
    const paused = await player.positionMs();
    await player.seek(0);
    await expect(player.screen).not.toContainText('sum-42');
    await player.seek(await player.durationMs());
    await expect(player.screen).toContainText(/size: \d+ \d+/);
    expect(await player.durationMs()).toBeGreaterThan(paused);
  });

  await test.step('speed is what it says', async () => {
    await player.seek(0);
    await auditor.getByLabel('Speed').selectOption({ label: '8 ×' });
    await auditor.getByLabel('Skip silence').check();
    await player.press('Play');
    await expect(auditor.getByRole('button', { name: 'Play again' })).toBeVisible({
      timeout: 2_000 + (await player.durationMs()) / 2,
    });
    await expect(player.screen).toContainText(/size: \d+ \d+/);
  });

  const folder = mkdtempSync(join(tmpdir(), 'sp-e2e-zip-'));
  try {
    await test.step('the download is the recording, and scriptreplay plays it', async () => {
      const download = auditor.waitForEvent('download');
      await auditor.getByRole('link', { name: 'Download zip' }).click();
      await (await download).saveAs(join(folder, 'recording.zip'));
      execFileSync('unzip', ['-q', '-j', join(folder, 'recording.zip'), '-d', folder], { stdio: 'pipe' });
      expect((await replay(folder)).toString()).toContain('sum-42');
    });
  } finally {
    rmSync(folder, { recursive: true });
  }

  await test.step('it is proven whole, and the viewing is on record', async () => {
    expect(await sessionOf(admin.ctx, sessionId)).toMatchObject({ end_reason: 'exited', recording: 'sealed' });
    const { status, text } = await stack.verify(sessionId);
    expect(text).toContain('intact');
    expect(status).toBe(0);
    const viewings = await auditOf(admin.ctx, sessionId, 'recording.viewed');
    const { person: viewer } = await (await house.visitor(house.login('auditor'))).actor();
    const parts = viewings.map(({ subject }) => subject.part);
    // The pieces that a player reads are one viewing; the whole recording is another each time.
    expect(parts.filter((part) => part === 'recording.zip')).toHaveLength(1);
    expect(parts.length).toBeGreaterThan(1);
    expect(new Set(viewings.map(({ actor_id }) => actor_id))).toEqual(new Set([viewer.id]));
  });
});

/** Looks for secrets in everything that reaches a browser. */
class SecretSearch {
  readonly found: string[] = [];
  readonly #secrets: string[];
  readonly #pending: Promise<void>[] = [];

  constructor(secrets: string[]) {
    this.#secrets = secrets;
  }

  lookInto(content: string | Buffer | Promise<Buffer>): void {
    this.#pending.push(
      Promise.resolve(content).then((text) => {
        for (const secret of this.#secrets) if (text.includes(secret)) this.found.push(String(text).slice(0, 200));
      }),
    );
  }

  async done(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
