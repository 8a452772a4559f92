/** Smallest and largest of what a policy can say in numbers, as the database holds them. */
export const policyBounds = {
  graceSeconds: [0, 86_400],
  idleTimeoutMinutes: [1, 1_440],
  maxDurationMinutes: [1, 10_080],
  retentionDays: [1, 36_500],
} as const;
