export type ToldError = { name: string; message: string; stack?: string; code?: unknown; cause?: ToldError };

/** What a log may say of an error. A failed query has its values in its message (hashes, whatever was typed): not those. */
export function toldError(err: Error): ToldError {
  const message = err.message.replace(/\nparams: [\s\S]*$/, '');
  const stack = err.stack?.replace(err.message, () => message);
  const { code } = err as { code?: unknown };
  return { name: err.name, message, stack, code, cause: err.cause instanceof Error ? toldError(err.cause) : undefined };
}
