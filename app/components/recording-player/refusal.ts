/** Why the gateway sent nothing. It answers refusals as `{error: {code, message}}`; its words are for people. */
export async function refusalOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const message = (body as { error?: { message?: unknown } } | undefined)?.error?.message;
  return typeof message === 'string' ? message : `The gateway answered ${response.status}.`;
}
