// The whole schema as one module, as drizzle wants it; each family of tables has a file of its own.
export * from './schema/api-tokens.ts';
export * from './schema/audit.ts';
export * from './schema/aws.ts';
export * from './schema/favorites.ts';
export * from './schema/inventory.ts';
export * from './schema/jobs.ts';
export * from './schema/launch.ts';
export * from './schema/people.ts';
export * from './schema/person-keys.ts';
export * from './schema/record-types.ts';
export * from './schema/sessions.ts';
export * from './schema/settings.ts';
