/** A part of AWS with accounts, regions and names of its own. */
export type Partition = {
  id: string;
  /** What its hosts end in; the second is the one of hosts with IPv6. */
  suffixes: readonly [plain: string, dualStack: string];
  region: RegExp;
  /** What hosts without a region are signed for. */
  globalRegions: readonly string[];
  /** Stands for a region in hosts of the whole partition. */
  pseudoRegion?: string;
};

export const partitions: readonly Partition[] = [
  {
    id: 'aws',
    suffixes: ['amazonaws.com', 'api.aws'],
    region: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d$/,
    globalRegions: ['us-east-1'],
  },
  {
    id: 'aws-us-gov',
    suffixes: ['amazonaws.com', 'api.aws'],
    region: /^us-gov-[a-z]+-\d$/,
    globalRegions: ['us-gov-west-1'],
    pseudoRegion: 'us-gov',
  },
  {
    id: 'aws-cn',
    suffixes: ['amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
    region: /^cn-[a-z]+-\d$/,
    globalRegions: ['cn-north-1', 'cn-northwest-1'],
  },
  {
    id: 'aws-eusc',
    suffixes: ['amazonaws.eu', 'api.amazonwebservices.eu'],
    region: /^eusc-[a-z]+-[a-z]+-\d$/,
    globalRegions: ['eusc-de-east-1'],
  },
  {
    id: 'aws-iso',
    suffixes: ['c2s.ic.gov', 'api.aws.ic.gov'],
    region: /^us-iso-[a-z]+-\d$/,
    globalRegions: ['us-iso-east-1'],
  },
  {
    id: 'aws-iso-b',
    suffixes: ['sc2s.sgov.gov', 'api.aws.scloud'],
    region: /^us-isob-[a-z]+-\d$/,
    globalRegions: ['us-isob-east-1'],
  },
  {
    id: 'aws-iso-e',
    suffixes: ['cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
    region: /^eu-isoe-[a-z]+-\d$/,
    globalRegions: ['eu-isoe-west-1'],
  },
  {
    id: 'aws-iso-f',
    suffixes: ['csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
    region: /^us-isof-[a-z]+-\d$/,
    globalRegions: ['us-isof-south-1'],
  },
];

/** Every name that a host of AWS can end in: what a certificate authority of ours may be constrained to. */
export const hostSuffixes: readonly string[] = [...new Set(partitions.flatMap(({ suffixes }) => suffixes))];
