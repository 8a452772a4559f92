// By what each list may be sorted; the first is how it is shown unless somebody wants it otherwise.

export const peopleSorts = ['name', 'lastSignIn', 'state'] as const;
export type PeopleSort = (typeof peopleSorts)[number];

export const groupSorts = ['name', 'members'] as const;
export type GroupSort = (typeof groupSorts)[number];

export const memberSorts = ['name'] as const;
export type MemberSort = (typeof memberSorts)[number];

export const policySorts = ['name', 'grants'] as const;
export type PolicySort = (typeof policySorts)[number];

export const accessLevelSorts = ['name', 'uses'] as const;
export type AccessLevelSort = (typeof accessLevelSorts)[number];

export const grantSorts = ['computer', 'who', 'policy', 'from', 'until'] as const;
export type GrantSort = (typeof grantSorts)[number];

export const hostKeySorts = ['address', 'pinned'] as const;
export type HostKeySort = (typeof hostKeySorts)[number];

export const termsSorts = ['latest'] as const;
export type TermsSort = (typeof termsSorts)[number];

export const credentialSorts = ['name', 'favorite', 'type', 'username', 'updated'] as const;
export type CredentialSort = (typeof credentialSorts)[number];

export const recordTypeSorts = ['name', 'kind', 'credentials'] as const;
export type RecordTypeSort = (typeof recordTypeSorts)[number];

export const computerSorts = ['name', 'address', 'credential', 'state'] as const;
export type ComputerSort = (typeof computerSorts)[number];

export const suspensionSorts = ['since', 'credential', 'address'] as const;
export type SuspensionSort = (typeof suspensionSorts)[number];

export const awsRecordSorts = ['name', 'number', 'accessKeyId', 'updated'] as const;
export type AwsRecordSort = (typeof awsRecordSorts)[number];

export const apiTokenSorts = ['created', 'name', 'person', 'expires', 'lastUsed'] as const;
export type ApiTokenSort = (typeof apiTokenSorts)[number];
