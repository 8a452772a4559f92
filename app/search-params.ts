/** What Next gives a page whose address says more than its path. */
export type WithSearchParams = { searchParams: Promise<Record<string, string | string[] | undefined>> };
