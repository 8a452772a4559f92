import { z } from 'zod';
import { isOperationPattern } from '../decide/aws-pattern.ts';
import type { AwsRule, AwsRules } from '../protocol/aws-words.ts';

const mostRules = 200;
const resourcePattern = /^[^\s\p{C}]{1,512}$/u;
const problem =
  'Enter a rule on each line: service:Operation and, where it is for some only, a resource; * stands for any text.';

const isRule = ({ operation, resource }: AwsRule) => isOperationPattern(operation) && resourcePattern.test(resource);

/** `s3:Get* arn:aws:s3:::reports/*`, one on each line, or the rules. Without a resource it is for all. */
const RulesSchema = z
  .union(
    [z.string().max(50_000).transform(rulesIn), z.array(z.object({ operation: z.string(), resource: z.string() }))],
    problem,
  )
  .refine((rules) => rules.length <= mostRules, `Enter at most ${mostRules} rules.`)
  .refine((rules) => rules.every(isRule), problem);

function rulesIn(text: string): AwsRule[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [operation = '', resource = '*', ...more] = line.split(/\s+/);
      return { operation, resource: [resource, ...more].join(' ') };
    });
}

/** What a policy says of calls to AWS, as a form gives it: rules as lines of text, the rest by choice. */
export const AwsRulesInputSchema = z.object({
  allow: RulesSchema.default([{ operation: '*', resource: '*' }]),
  deny: RulesSchema.default([]),
  unknown: z.enum(['deny', 'allow'], 'Choose what becomes of operations without a name.').default('deny'),
  credentials: z.enum(['deny', 'allow'], 'Choose what becomes of operations that give away keys.').default('deny'),
  repeats: z.enum(['flag', 'refuse'], 'Choose what becomes of repeats.').default('flag'),
});

/** The same rules as the same text, however their fields are ordered. */
export function textOfRules(rules: AwsRules | null): string {
  if (!rules) return '';
  const lines = (some: readonly AwsRule[]) => some.map(({ operation, resource }) => [operation, resource]);
  const { allow, deny, unknown, credentials, repeats } = rules;
  return JSON.stringify([lines(allow), lines(deny), unknown, credentials, repeats]);
}
