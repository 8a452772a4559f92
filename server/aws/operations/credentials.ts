import type { NamedCall } from './name-operation.ts';

/** What an answer carries: keys that sign, tokens that sign in, or a secret that is kept in AWS. */
export type Gift = 'keys' | 'token' | 'secret';

const gifts: Readonly<Record<Gift, Readonly<Record<string, string>>>> = {
  keys: {
    'cognito-identity': 'GetCredentialsForIdentity',
    codepipeline: 'GetJobDetails GetThirdPartyJobDetails PollForJobs',
    datazone: 'GetConnection GetEnvironmentCredentials',
    deadline:
      'AssumeFleetRoleForRead AssumeFleetRoleForWorker AssumeQueueRoleForRead AssumeQueueRoleForUser AssumeQueueRoleForWorker',
    'eks-auth': 'AssumeRoleForPodIdentity',
    'finspace-api': 'GetExternalDataViewAccessDetails GetProgrammaticAccessCredentials',
    gamelift: 'CreateBuild GetComputeAccess RequestUploadCredentials',
    iam: 'CreateAccessKey CreateServiceSpecificCredential ResetServiceSpecificCredential',
    lakeformation:
      'AssumeDecoratedRoleWithSAML GetTemporaryDataLocationCredentials GetTemporaryGluePartitionCredentials GetTemporaryGlueTableCredentials',
    lightsail: 'CreateBucketAccessKey GetBucketAccessKeys',
    s3: 'CreateSession GetDataAccess',
    signin: 'CreateOAuth2Token',
    ssm: 'GetAccessToken',
    sso: 'GetRoleCredentials',
    sts: 'AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot GetDelegatedAccessToken GetFederationToken GetSessionToken',
  },
  token: {
    codeartifact: 'GetAuthorizationToken',
    'cognito-identity': 'GetOpenIdToken GetOpenIdTokenForDeveloperIdentity',
    connect: 'GetFederationToken',
    ecr: 'GetAuthorizationToken',
    'ecr-public': 'GetAuthorizationToken',
    ssm: 'ResumeSession StartSession',
    'sso-oauth': 'CreateToken CreateTokenWithIAM',
    sts: 'GetWebIdentityToken',
  },
  secret: {
    ec2: 'CreateKeyPair GetPasswordData',
    iam: 'CreateLoginProfile',
    iot: 'CreateKeysAndCertificate',
    lightsail: 'CreateKeyPair DownloadDefaultKeyPair GetInstanceAccessDetails GetRelationalDatabaseMasterUserPassword',
    redshift: 'GetClusterCredentials GetClusterCredentialsWithIAM',
    'redshift-serverless': 'GetCredentials',
    secretsmanager: 'BatchGetSecretValue GetSecretValue',
  },
};

// These exist to hand out credentials: an operation of theirs that is newer than the models is taken for one that does.
const handingOut = new Set(['cognito-identity', 'eks-auth', 'signin', 'sso', 'sso-oauth', 'sts']);

const giftOf: ReadonlyMap<string, Gift> = new Map(
  (['secret', 'token', 'keys'] as const).flatMap((gift) =>
    Object.entries(gifts[gift]).flatMap(([service, names]) =>
      names.split(' ').map((name) => [`${service}:${name}`.toLowerCase(), gift] as const),
    ),
  ),
);

/** Every operation whose answer carries something of that kind, `service:Operation`. */
export function givingOperations(): readonly string[] {
  return Object.values(gifts).flatMap((services) =>
    Object.entries(services).flatMap(([service, names]) => names.split(' ').map((name) => `${service}:${name}`)),
  );
}

/** What the answer to an operation carries; `undefined` when nothing of the kind. */
export function givesCredentials(name: string): Gift | undefined {
  return giftOf.get(name.toLowerCase());
}

/** The same for a call, also for one that is not sure: by all that it could be. */
export function mayGiveCredentials({ service, operation, possible }: NamedCall): Gift | undefined {
  for (const name of possible) {
    const gift = givesCredentials(name);
    if (gift) return gift;
  }
  return operation === undefined && handingOut.has(service) ? 'keys' : undefined;
}
