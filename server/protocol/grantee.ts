const groupPrefix = 'group:';

/** A group as one choice of a field that offers people as well. */
export function groupAsGrantee(groupId: string): string {
  return groupPrefix + groupId;
}

/** Which of the two was chosen; neither for an empty choice. */
export function readGrantee(chosen: string): { personId: string | null; groupId: string | null } {
  if (chosen.startsWith(groupPrefix)) return { personId: null, groupId: chosen.slice(groupPrefix.length) };
  return { personId: chosen || null, groupId: null };
}
