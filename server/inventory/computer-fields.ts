import { z } from 'zod';
import { DescriptionSchema, NameSchema, PortSchema, ServerSchema } from './input-fields.ts';

const OptionalServerSchema = z
  .union([z.literal('').transform(() => null), z.null(), ServerSchema], 'Enter a host name or an IP address.')
  .default(null);

/** What a computer is, apart from the credentials that are used there. */
export const ComputerFieldsSchema = z.object({
  name: NameSchema,
  description: DescriptionSchema,
  mode: z.literal('SSH', 'Only SSH computers can be added so far.').default('SSH'),
  server: ServerSchema,
  server2: OptionalServerSchema,
  server3: OptionalServerSchema,
  port: PortSchema,
  notes: DescriptionSchema,
});

type Servers = Pick<z.output<typeof ComputerFieldsSchema>, 'server' | 'server2' | 'server3'>;

/** A refinement: up to three servers, in order and each another one. */
export function differentServers({ server, server2, server3 }: Servers, context: z.RefinementCtx): void {
  const problem = (field: 'server2' | 'server3', message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (server2 === server) problem('server2', 'This is the first server already. Leave this field empty.');
  if (server3 && !server2) problem('server3', 'Fill in the second server before the third.');
  else if (server3 && (server3 === server || server3 === server2)) {
    problem('server3', 'This server is named above already. Leave this field empty.');
  }
}
