/** A host of S3: which of its doors it is, and the bucket or access point in front. */
export type S3Host = { endpoint: string; signing: readonly string[]; region?: string; bucket?: string };

type Door = { endpoint: string; signing: readonly string[]; front: 'bucket' | 'optional_bucket' | 'account' | 'none' };

const buckets: Door = { endpoint: 's3', signing: ['s3'], front: 'optional_bucket' };
const doors: Readonly<Record<string, Door>> = {
  s3: buckets,
  's3-accelerate': { ...buckets, front: 'bucket' },
  's3-external-1': buckets,
  's3-accesspoint': { ...buckets, front: 'bucket' },
  's3-object-lambda': { ...buckets, signing: ['s3-object-lambda'], front: 'bucket' },
  's3-control': { endpoint: 's3-control', signing: ['s3', 's3-outposts'], front: 'account' },
  's3-outposts': { endpoint: 's3-outposts', signing: ['s3-outposts'], front: 'none' },
  's3express-control': { endpoint: 's3', signing: ['s3express'], front: 'none' },
};
const withoutRegion = ['s3', 's3-accelerate', 's3-external-1'];

/** Reads the labels of a host, without the partition's suffix; `undefined` when it is none of S3, or has not exactly its form. */
export function s3HostOf(labels: readonly string[], isRegion: (label: string) => boolean): S3Host | undefined {
  const last = labels.at(-1) ?? '';
  const region = isRegion(last) ? last : undefined;
  const before = region === undefined ? labels : labels.slice(0, -1);
  // The form of before 2019 has the region in the label.
  const inLabel = region === undefined && /^s3-(.+)$/.exec(last)?.[1];
  if (inLabel && isRegion(inLabel)) return seenThrough(buckets, before.slice(0, -1), inLabel);
  const plain = before.at(-1) === 'dualstack' ? before.slice(0, -1) : before;
  const name = (plain.at(-1) ?? '').replace(/-fips$/, '');
  const door = doorOf(name, plain.slice(0, -1));
  if (!door || (region === undefined && !withoutRegion.includes(name))) return undefined;
  return seenThrough(door, plain.slice(0, -1), region);
}

function doorOf(name: string, front: readonly string[]): Door | undefined {
  if (Object.hasOwn(doors, name)) {
    const isOnOutpost = name === 's3-outposts' && /^op-[a-z0-9]+$/.test(front.at(-1) ?? '');
    return isOnOutpost ? { endpoint: 's3', signing: ['s3-outposts'], front: 'bucket' } : doors[name];
  }
  // Directory buckets are named after the zone that their host names.
  const zone = /^s3express-(?:fips-)?([a-z0-9-]+)$/.exec(name)?.[1];
  const isIn = zone !== undefined && front.length === 1 && front[0]?.endsWith(`--${zone}--x-s3`);
  return isIn ? { endpoint: 's3', signing: ['s3express'], front: 'bucket' } : undefined;
}

function seenThrough(
  { endpoint, signing, front }: Door,
  labels: readonly string[],
  region: string | undefined,
): S3Host | undefined {
  const named = { endpoint, signing, ...(region !== undefined && { region }) };
  if (labels.length === 0)
    return front === 'none' || front === 'optional_bucket' || front === 'account' ? named : undefined;
  if (front === 'none') return undefined;
  if (front === 'account') return labels.length === 1 && /^\d{12}$/.test(labels[0] ?? '') ? named : undefined;
  return { ...named, bucket: labels.join('.') };
}
