import { expect, type Locator, type Page } from '@playwright/test';
import { masterPassword } from '../../server/vault/testing/master-password.ts';
import type { Login } from './visitor.ts';

/** Through the form, as a person does. Whoever has no master password is asked for one, and says "Not now". */
export async function signIn(page: Page, { email, password }: Login): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
  const later = page.getByRole('link', { name: 'Not now' });
  await expect(later.or(page.getByRole('link', { name: 'Skip to content' }))).toBeAttached();
  if (await later.isVisible()) await later.click();
  await page.waitForURL((url) => url.pathname !== '/master-password');
}

/** The card of a computer in the shop. */
export function shopItem(page: Page, name: string): Locator {
  return page.getByRole('list', { name: 'Computers' }).getByRole('listitem').filter({ hasText: name });
}

/** Connect: the launch opens in a tab of its own, and leads to the terminal. */
export async function connect(page: Page, name: string, password = masterPassword): Promise<TerminalPage> {
  const launch = await startLaunch(page, name);
  await launch.open(password);
  await launch.page.waitForURL(/\/session\//);
  return new TerminalPage(launch.page);
}

/** Connect, as far as the page that names computer and API host. Terms are accepted on the way. */
export async function startLaunch(page: Page, name: string): Promise<LaunchPage> {
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: `Connect to ${name}` }).click();
  const launch = new LaunchPage(await opened);
  await launch.arrived();
  return launch;
}

/** Where a launch arrives. */
export class LaunchPage {
  readonly page: Page;
  readonly password: Locator;
  readonly #agree: Locator;
  readonly #open: Locator;

  constructor(page: Page) {
    this.page = page;
    this.password = page.getByLabel('Master password', { exact: true });
    this.#agree = page.getByRole('button', { name: 'I agree' });
    this.#open = page.getByRole('button', { name: 'Open session' });
  }

  async arrived(): Promise<void> {
    await this.page.waitForURL(/\/start\//);
    await this.#agree.or(this.#open).first().waitFor();
    if (await this.#agree.isVisible()) await this.#agree.click();
    await this.#open.waitFor();
  }

  /** Gives the master password where it is asked for. */
  async open(password: string): Promise<void> {
    if (await this.password.isVisible()) await this.password.fill(password);
    await this.#open.click();
  }
}

/** From the shop to a terminal that takes keys. */
export async function openTerminal(page: Page, name: string): Promise<TerminalPage> {
  await page.goto('/');
  const terminal = await connect(page, name);
  await terminal.open();
  return terminal;
}

/** A live session as its person sees it. */
export class TerminalPage {
  readonly page: Page;
  readonly end: Locator;
  readonly #terminal: Locator;

  constructor(page: Page) {
    this.page = page;
    this.#terminal = page.getByTestId('terminal');
    this.end = page.getByTestId('end-screen');
  }

  get sessionId(): string {
    return new URL(this.page.url()).pathname.split('/').at(-1) ?? '';
  }

  /** The host answered, and keys go to it. */
  async open(): Promise<void> {
    await expect(this.#terminal).toHaveAttribute('data-state', 'open');
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Types a line and presses Enter. */
  async line(text: string): Promise<void> {
    await this.page.keyboard.type(`${text}\n`);
  }

  async press(keys: string): Promise<void> {
    await this.page.keyboard.press(keys);
  }

  /** Waits until the screen shows `text`. What is typed is shown too, so look for what only the host can know. */
  async shows(text: string | RegExp): Promise<void> {
    await expect(this.#terminal.locator('.xterm-rows')).toContainText(text);
  }

  async showsNot(text: string | RegExp): Promise<void> {
    await expect(this.#terminal.locator('.xterm-rows')).not.toContainText(text);
  }

  /** Waits for the end screen with this reason; answers what it says. */
  async ended(reason: string | undefined): Promise<string> {
    await expect(this.end).toBeVisible();
    if (reason) await expect(this.end).toHaveAttribute('data-reason', reason);
    return (await this.end.innerText()) ?? '';
  }

  /** Puts text on the clipboard and pastes it, as the browser's own shortcut does. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate((content) => {
      const data = new DataTransfer();
      data.setData('text/plain', content);
      const target = document.querySelector('.xterm-helper-textarea');
      target?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, text);
  }

  async selectAll(): Promise<void> {
    const rows = this.#terminal.locator('.xterm-screen');
    const box = await rows.boundingBox();
    if (!box) throw new Error('There is no screen.');
    await this.page.mouse.move(box.x + 4, box.y + 4);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + box.width - 4, box.y + box.height / 2, { steps: 5 });
    await this.page.mouse.up();
  }
}

/** A session that runs, as somebody sees it who watches. */
export class WatchPage {
  readonly page: Page;
  readonly view: Locator;
  readonly screen: Locator;

  constructor(page: Page) {
    this.page = page;
    this.view = page.getByRole('region', { name: 'Live session' });
    this.screen = page.getByTestId('watch-screen').locator('.xterm-rows');
  }

  async state(text: 'Live' | 'Over'): Promise<void> {
    await expect(this.view.getByRole('status').first()).toContainText(text);
  }

  async shows(text: string | RegExp): Promise<void> {
    await expect(this.screen).toContainText(text);
  }
}

/** The player on the page of an ended session. */
export class PlayerPage {
  readonly page: Page;
  readonly screen: Locator;
  readonly position: Locator;

  constructor(page: Page) {
    this.page = page;
    this.screen = page.getByTestId('player-screen').locator('.xterm-rows');
    this.position = page.getByRole('slider', { name: 'Position' });
  }

  async press(name: 'Play' | 'Pause' | 'Play again' | 'Back to the start'): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async seek(ms: number): Promise<void> {
    await this.position.fill(String(ms));
  }

  async positionMs(): Promise<number> {
    return Number(await this.position.inputValue());
  }

  async durationMs(): Promise<number> {
    return Number(await this.position.getAttribute('max'));
  }
}

/** The dialog that is open. */
export function dialog(page: Page): Locator {
  return page.getByRole('dialog').or(page.getByRole('alertdialog'));
}

/** The row of a table that says this. */
export function row(page: Page, table: string, text: string): Locator {
  return page.getByRole('table', { name: table }).locator('tbody').getByRole('row').filter({ hasText: text });
}

/** Opens the form behind a button of a page, fills it in and sends it. */
export async function add(page: Page, path: string, what: string, fill: (form: Locator) => Promise<void>) {
  await page.goto(path);
  await page.getByRole('button', { name: what }).click();
  await fill(dialog(page));
  await dialog(page).getByRole('button', { name: what }).click();
}

/** Chooses in a field that searches while one types. */
export async function choose(form: Locator, label: string, text: string): Promise<void> {
  const field = form.getByRole('combobox', { name: label });
  await field.fill(text);
  await field.page().getByRole('option').filter({ hasText: text }).first().click();
}
