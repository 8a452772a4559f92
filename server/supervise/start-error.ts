/** Why Sallyport does not start: a sentence for the person who started it, which says what to do. No stack is shown. */
export class StartError extends Error {
  override name = 'StartError';
}
