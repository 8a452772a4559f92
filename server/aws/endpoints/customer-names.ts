/**
 * Hosts below AWS's own names that answer with what a customer runs. The real session token would be in the headers they get, and some
 * of the names lead into private networks.
 */
export type CustomerKind =
  | 'api_gateway'
  | 'cache'
  | 'compute'
  | 'database'
  | 'devices'
  | 'file_system'
  | 'kubernetes'
  | 'load_balancer'
  | 'media'
  | 'messaging'
  | 'registry'
  | 'search'
  | 'vpc_endpoint'
  | 'website';

// By the labels that stand beside the region; a star stands for one label or more, chosen by a customer or drawn for one.
const forms: Readonly<Record<CustomerKind, readonly string[]>> = {
  api_gateway: ['*.execute-api.region', '*.appsync-api.region', '*.appsync-realtime-api.region', '*.lambda-url.region'],
  cache: ['*.cache', '*.region.cache', '*.memorydb.region', '*.dax-clusters.region'],
  compute: ['*.compute-1', '*.region.compute', '*.notebook.region', '*.studio.region', '*.emrappui-prod.region'],
  database: [
    '*.region.rds',
    '*.rds.region',
    '*.region.redshift',
    '*.redshift.region',
    '*.region.redshift-serverless',
    '*.region.neptune',
    '*.region.neptune-graph',
    '*.region.docdb',
    '*.region.docdb-elastic',
    '*.cassandra.region',
    '*.dsql.region',
  ],
  devices: ['*.iot.region', '*.credentials.iot.region', '*.deviceadvisor.iot.region', '*.kinesisvideo.region'],
  file_system: ['*.efs.region', '*.fsx.region', '*.server.transfer.region'],
  kubernetes: ['*.region.eks', '*.eks.region'],
  load_balancer: ['*.region.elb', '*.elb.region', '*.elb'],
  media: ['*.mediastore.region', '*.mediapackage.region', '*.egress.mediapackage-vod.region', '*.mediatailor.region'],
  messaging: ['*.kafka.region', '*.kafka-serverless.region', '*.mq.region'],
  registry: ['*.dkr.ecr.region', '*.dkr.ecr-fips.region', '*.d.codeartifact.region'],
  search: ['*.region.es', '*.region.aoss', '*.region.cloudsearch', '*.region.opensearch'],
  vpc_endpoint: ['*.region.vpce'],
  website: [
    '*.s3-website.region',
    '*.s3-website-region',
    's3-website.region',
    's3-website-region',
    '*.region.elasticbeanstalk',
  ],
};

// Where requests are signed with another name than the label's.
const signedAs: Readonly<Record<string, string>> = {
  'appsync-api': 'appsync',
  'appsync-realtime-api': 'appsync',
  iot: 'iotdata',
  kafka: 'kafka-cluster',
  'lambda-url': 'lambda',
  neptune: 'neptune-db',
};

const patterns = (Object.keys(forms) as CustomerKind[]).flatMap((kind) =>
  forms[kind].map((form) => {
    const label = form.split('.').findLast((part) => part !== 'region' && part !== '*') ?? '';
    const pattern = form.replaceAll('.', '\\.').replace('*', '[a-z0-9.-]+').replace('region', '<region>');
    return { kind, pattern: new RegExp(`^${pattern}$`), endpoint: label, signing: [signedAs[label] ?? label] };
  }),
);

/** A customer's host by its labels without the suffix, in which `<region>` stands for the region. */
export function customerHostOf(
  name: string,
): { kind: CustomerKind; endpoint: string; signing: readonly string[] } | undefined {
  return patterns.find(({ pattern }) => pattern.test(name));
}
