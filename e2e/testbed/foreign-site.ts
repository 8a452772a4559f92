import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';

export type ForeignForm = { action: string; fields: Record<string, string | undefined>; newTab?: boolean };

/**
 * A web site of somebody else: a shop elsewhere that sends its people here, or a page that means no good. Its name is
 * another one than ours, so to a browser it is another site.
 */
export class ForeignSite {
  readonly #server: Server;
  readonly #pages = new Map<string, string>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const page = this.#pages.get(request.url ?? '');
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(page);
    });
  }

  static async open(): Promise<ForeignSite> {
    const site = new ForeignSite();
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Publishes a page with this body; answers its address. */
  page(body: string): string {
    const path = `/${this.#pages.size + 1}`;
    this.#pages.set(
      path,
      `<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,"><body>${body}</body></html>`,
    );
    return this.origin + path;
  }

  /** Opens a page of this site whose button sends a form, and presses it. */
  async send(page: Page, { action, fields, newTab }: ForeignForm): Promise<void> {
    const inputs = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [`<input type="hidden" name="${name}" value="${escaped(value)}">`],
    );
    const target = newTab ? ' target="_blank"' : '';
    const form = `<form method="post" action="${escaped(action)}"${target}>${inputs.join('')}<button>Go on</button></form>`;
    await page.goto(this.page(form));
    await page.getByRole('button', { name: 'Go on' }).click();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
