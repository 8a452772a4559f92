/**
 * Next calls this with whatever a page or a route threw. Imports nothing, because Next bundles it for more than one
 * runtime; the portal's process says where such errors go.
 */
export function onRequestError(error: unknown): void {
  const tell = (globalThis as { [key: symbol]: unknown })[Symbol.for('sallyport.page-failed')];
  if (typeof tell === 'function') tell(error);
}
