/** Calls back at each SIGUSR2, which would end a process that does not listen. Called at the very start. */
export function onDrainSignal(drain: () => void): void {
  process.on('SIGUSR2', drain);
}

/**
 * Resolves at the first SIGTERM or SIGINT; further ones change nothing, since stopping has begun. SIGHUP is ignored: a
 * terminal that closes takes its output with it, not the sessions. Whoever forked us over IPC (tests) and is gone counts
 * as SIGTERM.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  process.on('SIGHUP', () => undefined);
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
    process.on('disconnect', () => resolve('SIGTERM'));
  });
}
