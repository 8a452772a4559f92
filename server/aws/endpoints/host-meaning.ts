import type { Scope } from '../sigv4/request.ts';
import { type CustomerKind, customerHostOf } from './customer-names.ts';
import type { Endpoints } from './endpoints.ts';
import { type Partition, partitions } from './partitions.ts';
import { s3HostOf } from './s3-hosts.ts';

/** What a host of AWS stands for. */
export type HostMeaning = {
  host: string;
  partition: Partition;
  /** As the models name it: `ec2`, `api.ecr`, `s3`, `s3-control`. */
  endpoint: string;
  /** The names that a request to it may be signed with. */
  signing: readonly string[];
  /** `undefined` for hosts of a whole partition. */
  region?: string;
  /** Bucket or access point, where the host names one. */
  bucket?: string;
  /** What answers is a customer's, and not a service of AWS. */
  customer?: CustomerKind;
  /** False for a service that is newer than the models: its name must then be the one that is signed. */
  known: boolean;
};

/** What a host (as `parseConnectTarget` gives it) stands for; `undefined` when it has not exactly the form of a host of AWS. */
export function meaningOf(host: string, endpoints: Endpoints): HostMeaning | undefined {
  for (const partition of partitions) {
    for (const suffix of partition.suffixes) {
      if (!host.endsWith(`.${suffix}`)) continue;
      const meaning = meaningIn(partition, host.slice(0, -suffix.length - 1).split('.'), endpoints);
      if (meaning) return { host, partition, ...meaning };
    }
  }
  return undefined;
}

type Meaning = Omit<HostMeaning, 'host' | 'partition'>;

function meaningIn(partition: Partition, labels: readonly string[], endpoints: Endpoints): Meaning | undefined {
  const at = labels.findLastIndex((label) => isRegion(partition, label));
  const region = at < 0 || labels[at] === partition.pseudoRegion ? undefined : labels[at];
  // Two partitions share their names, and only a region tells them apart.
  if (partition.pseudoRegion !== undefined && at < 0 && !regionInside(partition, labels)) return undefined;
  const named = { ...(region !== undefined && { region }) };
  const s3 = s3HostOf(labels, (label) => partition.region.test(label));
  if (s3) return { ...s3, known: true };
  const front = at < 0 ? labels : labels.slice(0, at);
  const behind = at < 0 ? [] : labels.slice(at + 1);
  const known = behind.length === 0 ? knownService(front, endpoints) : legacyQueue(front, behind);
  if (known) return { ...known, ...named };
  const customer = customerHostOf(formOf(partition, labels));
  if (customer)
    return { endpoint: customer.endpoint, signing: customer.signing, customer: customer.kind, known: true, ...named };
  // A service that is newer than the models has one label, and a region; anything longer could be somebody's own name.
  const [name, ...more] = front.map(withoutFips);
  if (region === undefined || name === undefined || more.length > 0 || behind.length > 0) return undefined;
  // A door of S3 without the bucket that belongs in front of it.
  if (/^s3(express)?-/.test(name)) return undefined;
  return { endpoint: name, signing: [name], known: false, region };
}

function isRegion({ region, pseudoRegion }: Partition, label: string): boolean {
  return region.test(label) || label === pseudoRegion;
}

function regionInside({ region }: Partition, labels: readonly string[]): boolean {
  return labels.some((label) => /^s3-/.test(label) && region.test(label.slice('s3-'.length)));
}

function formOf(partition: Partition, labels: readonly string[]): string {
  return labels
    .map((label) => {
      if (partition.region.test(label)) return '<region>';
      const website = /^s3-website-(.+)$/.exec(label)?.[1];
      return website !== undefined && partition.region.test(website) ? 's3-website-<region>' : label;
    })
    .join('.');
}

type Service = Pick<Meaning, 'endpoint' | 'signing' | 'known'>;

function knownService(front: readonly string[], endpoints: Endpoints): Service | undefined {
  const plain = (front[0] === 'fips' && front.length > 1 ? front.slice(1) : front).map(withoutFips);
  const name = plain.join('.');
  if (/^\d{12}\.ddb$/.test(name)) return { endpoint: 'dynamodb', signing: ['dynamodb'], known: true };
  return knownAs(name, endpoints);
}

function withoutFips(label: string): string {
  return label.replace(/-fips$/, '');
}

function knownAs(name: string, endpoints: Endpoints): Service | undefined {
  const listed = endpoints.get(name);
  if (listed) return { endpoint: name, signing: listed.signing, known: true };
  if (name === 'queue') return { endpoint: 'sqs', signing: ['sqs'], known: true };
  if (name === 'global.health') return { endpoint: 'health', signing: ['health'], known: true };
  for (const [endpoint, { prefixes = [], signing }] of endpoints) {
    if (prefixes.some((prefix) => name === `${prefix}${endpoint}`)) return { endpoint, signing, known: true };
  }
  return undefined;
}

/** `eu-west-1.queue`, as older clients write it. */
function legacyQueue(front: readonly string[], behind: readonly string[]): Service | undefined {
  const isQueue = front.length === 0 && behind.length === 1 && behind[0] === 'queue';
  return isQueue ? { endpoint: 'sqs', signing: ['sqs'], known: true } : undefined;
}

/** What of a scope does not fit the host that the request is for; `undefined` when both say the same. */
export function disagreement(
  { signing, region, partition, endpoint }: HostMeaning,
  scope: Scope,
): 'service' | 'region' | undefined {
  const service = scope.service.toLowerCase();
  if (!signing.some((name) => name.toLowerCase() === service)) return 'service';
  if (region !== undefined) return scope.region === region ? undefined : 'region';
  // A bucket's host without region is the bucket's, wherever it is.
  const fits = endpoint === 's3' ? partition.region.test(scope.region) : partition.globalRegions.includes(scope.region);
  return fits ? undefined : 'region';
}
