import type { AwsEndpointHost, AwsPartition } from '#server/protocol/aws-words.ts';

/** A record as its list and its forms show it. */
export type AwsRecord = {
  credentialId: string;
  number: number;
  name: string;
  description: string;
  accessKeyId: string;
  recordTypeId: string;
  fields: Readonly<Record<string, string | number | boolean>>;
  reference: { name: string } | null;
  partition: string;
  regions: readonly string[];
  services: readonly string[];
  tags: Readonly<Record<string, string>>;
  allowCustomerNames: boolean;
  endpointUrl: string | null;
  endpointHost: AwsEndpointHost;
  endpointCaPem: string | null;
  checkedArn: string | null;
  checkProblem: string | null;
  disabledAt: Date | null;
  isTypeDisabled: boolean;
  grants: number;
};

export const partitionLabels: Record<AwsPartition, string> = {
  aws: 'AWS',
  'aws-us-gov': 'AWS GovCloud (US)',
  'aws-cn': 'AWS China',
  'aws-eusc': 'AWS European Sovereign Cloud',
  'aws-iso': 'AWS ISO (US)',
  'aws-iso-b': 'AWS ISOB (US)',
  'aws-iso-e': 'AWS ISOE (Europe)',
  'aws-iso-f': 'AWS ISOF',
};

/** `team=data` on lines, as they are typed. */
export function tagLines(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');
}
