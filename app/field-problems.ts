import type { z } from 'zod';
import type { ActionRefusal } from './components/action-result.ts';

/** What zod found, as the first problem of each field. Nested paths are joined by dots, as form fields are named. */
export function fieldProblems(error: z.ZodError): ActionRefusal {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const name = issue.path.join('.');
    if (name && !(name in fields)) fields[name] = issue.message;
  }
  const isAboutFields = Object.keys(fields).length > 0;
  return {
    ok: false,
    code: 'invalid_input',
    message: isAboutFields ? 'Please check the marked fields.' : (error.issues[0]?.message ?? 'This cannot be saved.'),
    fields: isAboutFields ? fields : undefined,
  };
}
