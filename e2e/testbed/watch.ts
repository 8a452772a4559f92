import type { BrowserContext, Page } from '@playwright/test';

/** What went wrong in the pages of a test without anybody asserting it. */
export class Watch {
  readonly #problems: string[] = [];
  readonly #allowed: RegExp[] = [];

  /** Names a problem that belongs to the test, such as an answer that was meant to be a refusal. */
  allow(...patterns: RegExp[]): void {
    this.#allowed.push(...patterns);
  }

  async over(context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) =>
        console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    context.on('page', (page) => this.#follow(page));
    context.on('weberror', (error) => void this.#problems.push(`page error: ${error.error().stack}`));
  }

  /** Everything that was not allowed. */
  get problems(): string[] {
    return this.#problems.filter((problem) => !this.#allowed.some((pattern) => pattern.test(problem)));
  }

  #follow(page: Page): void {
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      this.#problems.push(`console.error at ${page.url()}: ${message.text()} (${message.location().url})`);
    });
  }
}
