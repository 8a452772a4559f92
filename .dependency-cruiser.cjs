// The import rule: who may import whom. Each message says where the code belongs instead.
// scripts/import-rule.mjs runs it, adds the rule for 'use client' files, and fails when nothing was cruised.

const pure = [
  '^server/(decide|protocol|config)/',
  '^server/(errors|log|clock|ids)\\.ts$',
  '^server/identity-api/(contract|assertion)\\.ts$',
];
const storage = ['^db/', '^server/recording/'];
const context = ['^server/(context|create-context)\\.ts$'];
const useCases = ['^server/(people|inventory|vault|launch|desk|calls|audit|jobs)/', '^server/identity-api/answer'];
const edges = ['^server/(bridges|front|aws)/', '^server/identity-api/client'];
const live = ['^server/live/'];
const compose = [
  '^server/(supervisor|gateway|gateway-front|portal|portal-server|aws-sidecar|verify|[a-z]+-command)\\.ts$',
];
const supervision = ['^server/(supervise|demo|backup)/'];
const portal = ['^app/'];
const outside = ['^(e2e|bench|scripts)/'];
const tests = ['\\.test\\.ts$', '/testing/'];

const any = (...lists) => lists.flat();
const rule = (name, comment, from, to, extra = {}) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from, pathNot: tests },
  to: { path: to, ...extra },
});
const values = { dependencyTypesNot: ['type-only'] };

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files that need each other are one thing: move what they share into a third file below both.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'This import leads nowhere.',
      from: { pathNot: ['^\\.next/', '\\.d\\.ts$'] },
      to: { couldNotResolve: true },
    },
    {
      name: 'protocol-is-pure',
      severity: 'error',
      comment:
        'Protocol code is bytes in, bytes and events out. Sockets belong in server/bridges, files in server/recording.',
      from: { path: '^server/protocol/', pathNot: tests },
      to: { pathNot: ['^server/protocol/', '^node_modules/zod/'] },
    },
    rule(
      'pure-stays-pure',
      'Pure code takes what it needs as arguments. Reading belongs in db/queries, doing in a use case.',
      pure,
      any(storage, context, useCases, edges, live, compose, supervision, portal),
    ),
    rule(
      'storage-knows-no-one',
      'Storage keeps and finds; deciding what to keep belongs in a use case (server/people, inventory, vault, launch, desk, calls, audit).',
      storage,
      any(useCases, edges, live, compose, supervision, portal),
      values,
    ),
    rule(
      'use-cases-stay-inside',
      'A use case gets what it needs from an edge as an argument (a port). The wiring belongs in server/live or an entry point.',
      any(useCases, ['^server/context\\.ts$']),
      any(edges, live, compose, supervision, portal),
      values,
    ),
    rule(
      'edges-take-capabilities',
      'An edge receives capabilities as arguments, never the context or the database. The wiring belongs in server/live or an entry point.',
      edges,
      any(useCases, context, ['^db/']),
      values,
    ),
    rule(
      'edges-are-below-live',
      'An edge does not know sessions. This belongs in server/live.',
      edges,
      any(live, compose, supervision, portal),
    ),
    rule(
      'live-is-below-entry-points',
      'server/live is composed by server/gateway.ts, not the other way round.',
      live,
      any(compose, supervision, portal),
    ),
    rule(
      'supervision-runs-no-sessions',
      'The supervisor starts processes; sessions belong to the gateway.',
      supervision,
      any(live, edges, portal),
    ),
    rule(
      'server-never-imports-app',
      'The portal is on top: what both need belongs in server/protocol.',
      ['^(server|db)/'],
      portal,
    ),
    {
      name: 'app-enters-by-the-door',
      severity: 'error',
      comment: 'app/ reaches the server through server/portal.ts alone, and shares only server/protocol with it.',
      from: { path: '^app/', pathNot: tests },
      to: { path: '^(server|db)/', pathNot: ['^server/portal\\.ts$', '^server/protocol/'] },
    },
    {
      name: 'production-imports-no-tests',
      severity: 'error',
      comment: 'Code that runs in production imports nothing from tests, e2e or bench.',
      from: { path: '^(app|server|db)/', pathNot: [...tests, '^db/testing/'] },
      to: { path: [...outside, ...tests, '^db/testing/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^\\.next/', '^dist/', '^next-env\\.d\\.ts$'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.css'],
    },
  },
};
