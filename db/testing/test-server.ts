/** How tests reach the PostgreSQL of their run; `databasePlaceholder` stands for the name of a database. */
export type TestServer = { ownerUrl: string; appUrl: string };

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

export const templateDatabase = 'sallyport_template';
export const databasePlaceholder = '__database__';
