/** What a server action answers, in words a page can show. `fields` holds the problem of each field by its name. */
export type ActionRefusal = { ok: false; code: string; message: string; fields?: Record<string, string> };
export type ActionResult<T> = { ok: true; value: T } | ActionRefusal;
