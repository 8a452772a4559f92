/** The name of the constraint or unique index that a failed statement would have broken; `undefined` for other errors. */
export function violatedConstraint(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!isFromDatabase(error)) return violatedConstraint(error.cause);
  return error.code.startsWith('23') ? error.constraint_name : undefined;
}

/** Whether a statement was ended because it took too long. */
export function wasCancelled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return isFromDatabase(error) ? error.code === '57014' : wasCancelled(error.cause);
}

// By shape, not by class: Next bundles the portal with copies of the classes, of which no error of the driver is one.
function isFromDatabase(error: Error): error is Error & { code: string; constraint_name?: string } {
  return 'severity' in error && 'code' in error && typeof error.code === 'string';
}
