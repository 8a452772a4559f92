import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeOf } from '../testing/requests.ts';
import { parseConnectTarget, parseHost } from './authority.ts';
import { loadEndpoints } from './endpoints.ts';
import { disagreement, meaningOf } from './host-meaning.ts';
import { hostSuffixes, partitions } from './partitions.ts';

// A proxy that signs must never reach another host than one of AWS: whoever gets a signed request gets what it was signed with. So a
// host is read once, by one parser, into a name in lower case; that name has exactly a form of AWS or it is refused; and what is dialled
// is that name. What a customer runs below AWS's own names is marked, because it is no service of AWS.
const endpoints = await loadEndpoints(join(import.meta.dirname, '..', '..', '..'));
const meaning = (host: string) => meaningOf(host, endpoints);

/** What a proxy would go to for what CONNECT says; nothing when it refuses. */
function goesTo(text: string): string | undefined {
  const parsed = parseConnectTarget(text);
  return parsed.ok && meaning(parsed.host) ? parsed.host : undefined;
}

describe('what CONNECT asks for', () => {
  it('is a name and port 443, in lower case', () => {
    expect(parseConnectTarget('STS.AmazonAWS.com:443')).toEqual({ ok: true, host: 'sts.amazonaws.com' });
    expect(goesTo('my-bucket.s3.eu-west-1.amazonaws.com:443')).toBe('my-bucket.s3.eu-west-1.amazonaws.com');
    expect(parseHost('sts.amazonaws.com')).toEqual(parseHost('sts.amazonaws.com:443'));
  });

  it.each([
    ['no port', 'sts.amazonaws.com'],
    ['an empty port', 'sts.amazonaws.com:'],
    ['another port', 'sts.amazonaws.com:80'],
    ['port 443 and more', 'sts.amazonaws.com:4430'],
    ['port 443 with zeros', 'sts.amazonaws.com:0443'],
    ['a signed port', 'sts.amazonaws.com:+443'],
    ['two ports', 'sts.amazonaws.com:443:443'],
    ['a port that is a service', 'sts.amazonaws.com:https'],
    ['full-width digits', 'sts.amazonaws.com:\uff14\uff14\uff13'],
    ['a scheme', 'https://sts.amazonaws.com:443'],
    ['a scheme after a host', 'attacker.example.com://s3.amazonaws.com:443'],
    ['a path', 'sts.amazonaws.com/x:443'],
    ['a path behind', 'sts.amazonaws.com:443/'],
    ['a host in a path', 'attacker.example.com/.amazonaws.com:443'],
    ['a host in a query', 'attacker.example.com?.amazonaws.com:443'],
    ['a host in a fragment', 'attacker.example.com#.amazonaws.com:443'],
    ['a user', 'user@sts.amazonaws.com:443'],
    ['a user that is a host', 'sts.amazonaws.com@attacker.example.com:443'],
    ['a user with a password', 'sts.amazonaws.com:443@attacker.example.com:443'],
    ['a backslash', 'attacker.example.com\\.amazonaws.com:443'],
    ['a dot at the end', 'sts.amazonaws.com.:443'],
    ['a dot at the start', '.sts.amazonaws.com:443'],
    ['two dots', 'sts..amazonaws.com:443'],
    ['a blank', 'sts.amazonaws.com :443'],
    ['a blank in front', ' sts.amazonaws.com:443'],
    ['a tab', 'sts\t.amazonaws.com:443'],
    ['a line break', 'sts.amazonaws.com\r\nHost: x:443'],
    ['a zero byte', 'attacker.example.com\u0000.amazonaws.com:443'],
    ['an escape', 'sts%2eamazonaws.com:443'],
    ['an escaped zero', 'attacker.example.com%00.amazonaws.com:443'],
    ['an ideographic full stop', 'sts\u3002amazonaws.com:443'],
    ['a full-width letter', '\uff53ts.amazonaws.com:443'],
    ['a Kelvin sign', 'sts.amazonaws.com\u212a:443'],
    ['a dotless i', 'am\u0131.amazonaws.com:443'],
    ['a soft hyphen', 'sts\u00ad.amazonaws.com:443'],
    ['a letter that only looks right', 'sts.am\u0430zonaws.com:443'],
    ['punycode', 'xn--sts-0ma.us-east-1.amazonaws.com:443'],
    ['an underscore', 'my_bucket.s3.amazonaws.com:443'],
    ['a hyphen at the start', '-a.s3.amazonaws.com:443'],
    ['a hyphen at the end', 'a-.s3.amazonaws.com:443'],
    ['a label too long', `${'a'.repeat(64)}.s3.amazonaws.com:443`],
    ['a name too long', `${'a.'.repeat(120)}s3.amazonaws.com:443`],
    ['several hosts', 'sts.amazonaws.com,attacker.example.com:443'],
    ['a star', '*.s3.amazonaws.com:443'],
    ['IPv4', '169.254.169.254:443'],
    ['IPv4 as one number', '2852039166:443'],
    ['IPv4 in hexadecimal', '0xa9fea9fe:443'],
    ['IPv4 in parts of hexadecimal', '0xa9.0xfe.0xa9.0xfe:443'],
    ['IPv4 in octal', '0251.0376.0251.0376:443'],
    ['IPv4 in short', '127.1:443'],
    ['IPv6', '[::1]:443'],
    ['IPv6 of metadata', '[fd00:ec2::254]:443'],
    ['IPv6 without brackets', '::1:443'],
    ['IPv6 with a zone', '[fe80::1%25eth0]:443'],
    ['IPv4 within IPv6', '[::ffff:169.254.169.254]:443'],
    ['a name in brackets', '[sts.amazonaws.com]:443'],
    ['nothing', ''],
    ['only a port', ':443'],
    ['one label', 'localhost:443'],
    ['absolute form', 'http://169.254.169.254/latest/meta-data/'],
  ])('is refused with %s', (_, text) => {
    expect(goesTo(text)).toBeUndefined();
  });

  it.each([
    'amazonaws.com',
    'www.example.com',
    'amazonaws.com.example.com',
    'sts.amazonaws.com.example.com',
    's3.amazonaws.com.attacker.example.com',
    'evilamazonaws.com',
    'sts.evilamazonaws.com',
    'sts.amazonaws.comm',
    'sts.amazonaws.co',
    'sts.amazonaws.com.au',
    'sts.amazonaws-com.example.com',
    'amazonaws.com.cn.example.com',
    'sts.us-east-1.amazonaws.com.cn',
    'sts.cn-north-1.amazonaws.com',
    'ec2.us-iso-east-1.amazonaws.com',
    'ec2.us-east-1.c2s.ic.gov',
    'us-east-1.amazonaws.com',
    'unheard-of.amazonaws.com',
    'attacker.unheard-of.us-east-1.amazonaws.com',
    'attacker.ec2.us-east-1.amazonaws.com',
    'attacker.sts.amazonaws.com',
    'ec2.us-east-1.attacker.amazonaws.com',
    'ec2.us-east-99.amazonaws.com',
    'ec2.us-east-1.us-east-1.amazonaws.com',
    'attacker.us-gov.amazonaws.com',
    'dualstack.us-east-1.amazonaws.com.attacker.api.aws',
    'api.aws',
    'attacker.api.aws',
    'console.aws.amazon.com',
    'signin.aws.amazon.com',
    'd111111abcdef8.cloudfront.net',
    'id.lambda-url.us-east-1.on.aws',
    'env.elasticbeanstalk.com',
    'pool.auth.us-east-1.amazoncognito.com',
    'a.awsglobalaccelerator.com',
    'instance-data.ec2.internal',
    'metadata.google.internal',
    's3-control.us-east-1.amazonaws.com.s3-control',
    'attacker.s3-control.us-east-1.amazonaws.com',
    '12345.s3-control.us-east-1.amazonaws.com',
    's3-accesspoint.us-east-1.amazonaws.com',
    's3-accelerate.amazonaws.com',
    'bucket.s3express-use1-az4.us-east-1.amazonaws.com',
    'b--use1-az9--x-s3.s3express-use1-az4.us-east-1.amazonaws.com',
    'bucket.s3express-control.us-east-1.amazonaws.com',
    'a.accesspoint.s3-global.amazonaws.com',
    '12345.ddb.us-east-1.amazonaws.com',
    'attacker.ddb.us-east-1.amazonaws.com',
    'attacker.queue.amazonaws.com',
  ])('is refused when it is %s', (host) => {
    expect(goesTo(`${host}:443`)).toBeUndefined();
  });

  it('is never a host that ends in anything but what AWS owns', () => {
    const label = fc.constantFrom(
      's3',
      'sts',
      'us-east-1',
      'amazonaws',
      'com',
      'aws',
      'api',
      'evil',
      'cn',
      'x.y',
      '@',
      ':443',
      '/',
      '%2e',
      '#',
      '\\',
      '',
    );
    fc.assert(
      fc.property(fc.array(label, { maxLength: 8 }), fc.constantFrom('.', ''), (labels, joint) => {
        const host = goesTo(`${labels.join(joint)}:443`);
        if (host !== undefined) expect(hostSuffixes.some((suffix) => host.endsWith(`.${suffix}`))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a host of AWS', () => {
  // What it is, without the fields that are as usual.
  type Row = [host: string, endpoint: string, signing: string, region?: string, bucket?: string];
  it.each<Row>([
    ['sts.amazonaws.com', 'sts', 'sts'],
    ['sts.eu-west-1.amazonaws.com', 'sts', 'sts', 'eu-west-1'],
    ['ec2.us-east-1.api.aws', 'ec2', 'ec2', 'us-east-1'],
    ['dynamodb-fips.us-east-1.amazonaws.com', 'dynamodb', 'dynamodb', 'us-east-1'],
    ['fips.batch.us-east-1.amazonaws.com', 'batch', 'batch', 'us-east-1'],
    ['api.ecr.eu-west-1.amazonaws.com', 'api.ecr', 'ecr', 'eu-west-1'],
    ['streams.dynamodb.eu-west-1.amazonaws.com', 'streams.dynamodb', 'dynamodb', 'eu-west-1'],
    ['123456789012.ddb.eu-west-1.amazonaws.com', 'dynamodb', 'dynamodb', 'eu-west-1'],
    ['streaming-logs.eu-west-1.amazonaws.com', 'logs', 'logs', 'eu-west-1'],
    ['sync-states.eu-west-1.amazonaws.com', 'states', 'states', 'eu-west-1'],
    ['data-ats.iot.eu-west-1.amazonaws.com', 'data-ats.iot', 'iotdata', 'eu-west-1'],
    ['data.mediastore.eu-west-1.amazonaws.com', 'data.mediastore', 'mediastore', 'eu-west-1'],
    ['monitoring.eu-west-1.amazonaws.com', 'monitoring', 'monitoring', 'eu-west-1'],
    ['email.eu-west-1.amazonaws.com', 'email', 'ses', 'eu-west-1'],
    ['eu-west-1.queue.amazonaws.com', 'sqs', 'sqs', 'eu-west-1'],
    ['queue.amazonaws.com', 'sqs', 'sqs'],
    ['iam.us-gov.amazonaws.com', 'iam', 'iam'],
    ['s3.amazonaws.com', 's3', 's3'],
    ['s3.eu-west-1.amazonaws.com', 's3', 's3', 'eu-west-1'],
    ['s3-eu-west-1.amazonaws.com', 's3', 's3', 'eu-west-1'],
    ['b.s3-us-gov-west-1.amazonaws.com', 's3', 's3', 'us-gov-west-1', 'b'],
    ['b.s3.amazonaws.com', 's3', 's3', undefined, 'b'],
    ['a.b.s3.eu-west-1.amazonaws.com', 's3', 's3', 'eu-west-1', 'a.b'],
    ['b.s3.dualstack.eu-west-1.amazonaws.com', 's3', 's3', 'eu-west-1', 'b'],
    ['b.s3-fips.dualstack.us-east-1.amazonaws.com', 's3', 's3', 'us-east-1', 'b'],
    ['b.s3-accelerate.amazonaws.com', 's3', 's3', undefined, 'b'],
    ['b.s3-accelerate.dualstack.amazonaws.com', 's3', 's3', undefined, 'b'],
    ['s3.us-east-1.s3.eu-west-1.amazonaws.com', 's3', 's3', 'eu-west-1', 's3.us-east-1'],
    ['ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com', 's3', 's3', 'eu-west-1', 'ap-123456789012'],
    [
      'ol-123456789012.s3-object-lambda.eu-west-1.amazonaws.com',
      's3',
      's3-object-lambda',
      'eu-west-1',
      'ol-123456789012',
    ],
    [
      'ap-123456789012.op-0a1.s3-outposts.eu-west-1.amazonaws.com',
      's3',
      's3-outposts',
      'eu-west-1',
      'ap-123456789012.op-0a1',
    ],
    ['s3-outposts.eu-west-1.amazonaws.com', 's3-outposts', 's3-outposts', 'eu-west-1'],
    [
      'b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com',
      's3',
      's3express',
      'us-east-1',
      'b--use1-az4--x-s3',
    ],
    ['s3express-control.us-east-1.amazonaws.com', 's3', 's3express', 'us-east-1'],
    ['s3.cn-north-1.amazonaws.com.cn', 's3', 's3', 'cn-north-1'],
  ])('%s is %s, signed as %s', (host, endpoint, signing, region, bucket) => {
    expect(meaning(host)).toMatchObject({ host, endpoint, signing: [signing], known: true });
    expect(meaning(host)).toEqual(expect.not.objectContaining({ customer: expect.anything() }));
    expect([meaning(host)?.region, meaning(host)?.bucket]).toEqual([region, bucket]);
  });

  it('is in the partition that its name and its region say', () => {
    const inPartition = (host: string) => meaning(host)?.partition.id;
    expect(
      partitions.map(({ id, suffixes, globalRegions: [region] }) => [inPartition(`ec2.${region}.${suffixes[0]}`), id]),
    ).toEqual(partitions.map(({ id }) => [id, id]));
    expect(
      partitions.map(({ suffixes, globalRegions: [region] }) => inPartition(`ec2.${region}.${suffixes[1]}`)),
    ).toEqual(partitions.map(({ id }) => id));
    expect(inPartition('iam.us-gov.amazonaws.com')).toBe('aws-us-gov');
    expect(partitions).toHaveLength(8);
  });

  it('is every host that the models have', () => {
    const wrong = [...endpoints].flatMap(([endpoint, { signing, prefixes = [] }]) =>
      ['', ...prefixes].flatMap((prefix) => {
        const found = meaning(`${prefix}${endpoint}.us-east-1.amazonaws.com`);
        const isRight = found && !found.customer && found.signing.some((name) => signing.includes(name));
        return isRight ? [] : [`${prefix}${endpoint} -> ${JSON.stringify(found?.signing)} ${found?.customer}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('may be one of a newer service, if it has one label and a region', () => {
    expect(meaning('novelty.eu-west-1.amazonaws.com')).toMatchObject({
      endpoint: 'novelty',
      signing: ['novelty'],
      known: false,
    });
    expect(meaning('novelty.eu-west-1.api.aws')).toMatchObject({ known: false });
  });
});

describe('a name that a customer has', () => {
  it.each([
    ['abc123.execute-api.eu-west-1.amazonaws.com', 'api_gateway'],
    ['id.appsync-api.eu-west-1.amazonaws.com', 'api_gateway'],
    ['ec2-203-0-113-1.eu-west-1.compute.amazonaws.com', 'compute'],
    ['ec2-203-0-113-1.compute-1.amazonaws.com', 'compute'],
    ['name-1.eu-west-1.elb.amazonaws.com', 'load_balancer'],
    ['name-1.elb.eu-west-1.amazonaws.com', 'load_balancer'],
    ['internal-name-1.us-gov-west-1.elb.amazonaws.com', 'load_balancer'],
    ['db.abc.eu-west-1.rds.amazonaws.com', 'database'],
    ['db.abc.rds.cn-north-1.amazonaws.com.cn', 'database'],
    ['c.abc.eu-west-1.redshift.amazonaws.com', 'database'],
    ['search-d-abc.eu-west-1.es.amazonaws.com', 'search'],
    ['id.eu-west-1.aoss.amazonaws.com', 'search'],
    ['vpce-1-a.ec2.eu-west-1.vpce.amazonaws.com', 'vpc_endpoint'],
    ['bucket.vpce-1-a.s3.eu-west-1.vpce.amazonaws.com', 'vpc_endpoint'],
    ['b.s3-website-eu-west-1.amazonaws.com', 'website'],
    ['b.s3-website.eu-central-1.amazonaws.com', 'website'],
    ['id-ats.iot.eu-west-1.amazonaws.com', 'devices'],
    ['id.credentials.iot.eu-west-1.amazonaws.com', 'devices'],
    ['abc.gr7.eu-west-1.eks.amazonaws.com', 'kubernetes'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'registry'],
    ['c.abc.cache.amazonaws.com', 'cache'],
    ['b-1.c.abc.kafka.eu-west-1.amazonaws.com', 'messaging'],
    ['fs-1.efs.eu-west-1.amazonaws.com', 'file_system'],
  ])('%s is %s', (host, customer) => {
    expect(meaning(host)).toMatchObject({ customer });
  });
});

describe('host and scope', () => {
  const differ = (host: string, service: string, region: string) => {
    const found = meaning(host);
    return found && disagreement(found, scopeOf(service, region));
  };

  it('agree on service and region', () => {
    expect(differ('ec2.eu-west-1.amazonaws.com', 'ec2', 'eu-west-1')).toBeUndefined();
    expect(differ('ec2.eu-west-1.amazonaws.com', 'ec2', 'us-east-1')).toBe('region');
    expect(differ('ec2.eu-west-1.amazonaws.com', 'iam', 'eu-west-1')).toBe('service');
    expect(differ('123456789012.s3-control.eu-west-1.amazonaws.com', 's3', 'eu-west-1')).toBeUndefined();
    expect(differ('novelty.eu-west-1.amazonaws.com', 'novelty', 'eu-west-1')).toBeUndefined();
    expect(differ('novelty.eu-west-1.amazonaws.com', 'sts', 'eu-west-1')).toBe('service');
    expect(differ('b.s3.eu-west-1.amazonaws.com', 'sts', 'eu-west-1')).toBe('service');
    expect(differ('abc.execute-api.eu-west-1.amazonaws.com', 'execute-api', 'eu-west-1')).toBeUndefined();
    expect(differ('abc.execute-api.eu-west-1.amazonaws.com', 'sts', 'eu-west-1')).toBe('service');
  });

  it('agree without a region where the host is of the whole partition', () => {
    expect(differ('iam.amazonaws.com', 'iam', 'us-east-1')).toBeUndefined();
    expect(differ('iam.amazonaws.com', 'iam', 'eu-west-1')).toBe('region');
    expect(differ('iam.us-gov.amazonaws.com', 'iam', 'us-gov-west-1')).toBeUndefined();
    expect(differ('b.s3.amazonaws.com', 's3', 'eu-west-1')).toBeUndefined();
    expect(differ('b.s3.amazonaws.com', 's3', 'cn-north-1')).toBe('region');
    expect(differ('b.s3.amazonaws.com', 's3', '*')).toBe('region');
  });
});
