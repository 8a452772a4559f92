/** The closed sets of the AWS proxy that database, sidecar and screens share. */
export const apiTokenScopes = ['aws'] as const;
/** What a token is good for; a token without a scope cannot be used for it. */
export type ApiTokenScope = (typeof apiTokenScopes)[number];

export const awsPartitions = [
  'aws',
  'aws-us-gov',
  'aws-cn',
  'aws-eusc',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
] as const;
/** A part of AWS with accounts, regions and names of its own. */
export type AwsPartition = (typeof awsPartitions)[number];

export const awsEndpointHosts = ['kept', 'path_style'] as const;
/** How the host is named to an endpoint of one's own: as the client did, or by the endpoint's name with the bucket in the path. */
export type AwsEndpointHost = (typeof awsEndpointHosts)[number];

export const awsRoutes = ['proxy', 'endpoint'] as const;
/** How a call came: through the CONNECT proxy, or to the address of the server with `/aws`. */
export type AwsRoute = (typeof awsRoutes)[number];

/** What a rule is about: `service:Operation` and a resource, each with `*` for any characters. */
export type AwsRule = { operation: string; resource: string };

/** What a policy says of calls to AWS. What `deny` names is denied, whatever else says so. */
export type AwsRules = {
  allow: readonly AwsRule[];
  deny: readonly AwsRule[];
  /** Operations that we do not know by name. */
  unknown: 'deny' | 'allow';
  /** Operations whose answers carry keys of AWS: `sts:AssumeRole`, `iam:CreateAccessKey`, … */
  credentials: 'deny' | 'allow';
  /** A signature that was seen before: noted, or refused where the call changes something. */
  repeats: 'flag' | 'refuse';
};

/** What counts where a policy says nothing: everything we know, except what gives away keys. */
export const defaultAwsRules: AwsRules = {
  allow: [{ operation: '*', resource: '*' }],
  deny: [],
  unknown: 'deny',
  credentials: 'deny',
  repeats: 'flag',
};

/** Between what the days of a new token may be. */
export const tokenBounds = { days: [1, 366] } as const;

export const callFilters = ['refused', 'failed', 'repeated'] as const;
/** Calls that were refused; that got an answer of 400 or more, or none; whose signature was seen before. */
export type CallFilter = (typeof callFilters)[number];

export const reportFormats = ['csv', 'json'] as const;
/** What a report of calls is written in. */
export type ReportFormat = (typeof reportFormats)[number];
