import { type Answer, type Asked, json, xml } from './answer.ts';
import { NotTaken } from './checked-request.ts';

type Item = Record<string, unknown>;
type Operation = (input: Item, asked: Asked) => Answer;

export const account = '123456789012';

/** STS, EC2, IAM, DynamoDB and SSM: as many operations as clients are tried with, in the protocol of each. */
export class FakeServices {
  readonly #tables = new Map<string, { key: string; items: Map<string, Item> }>();
  readonly #parameters = new Map<string, { Name: string; Type: string; Value: string; Version: number }>();

  readonly #operations: Readonly<Record<string, Operation>> = {
    'sts:GetCallerIdentity': (_, { accessKeyId }) =>
      result(
        'GetCallerIdentity',
        `<Arn>arn:aws:iam::${account}:user/${accessKeyId}</Arn><UserId>${accessKeyId}</UserId><Account>${account}</Account>`,
      ),
    'sts:AssumeRole': () => result('AssumeRole', '<Credentials><AccessKeyId>ASIAREAL</AccessKeyId></Credentials>'),
    'iam:ListUsers': () =>
      result(
        'ListUsers',
        `<IsTruncated>false</IsTruncated><Users><member><Path>/</Path><UserName>alice</UserName><UserId>AIDA1</UserId><Arn>arn:aws:iam::${account}:user/alice</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></member></Users>`,
      ),
    'iam:CreateAccessKey': () =>
      result('CreateAccessKey', '<AccessKey><AccessKeyId>AKIAREAL</AccessKeyId></AccessKey>'),
    'ec2:DescribeRegions': () =>
      xml(
        '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><regionInfo><item><regionName>eu-west-1</regionName><regionEndpoint>ec2.eu-west-1.amazonaws.com</regionEndpoint></item></regionInfo></DescribeRegionsResponse>',
      ),
    'ec2:DescribeInstances': () =>
      xml(
        '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><reservationSet><item><reservationId>r-1</reservationId><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>',
      ),
    'dynamodb:ListTables': () => json({ TableNames: [...this.#tables.keys()] }),
    'dynamodb:CreateTable': ({ TableName, KeySchema }) => {
      const [{ AttributeName = '' } = {}] = KeySchema as { AttributeName?: string }[];
      this.#tables.set(String(TableName), { key: AttributeName, items: new Map() });
      return json({ TableDescription: { TableName, TableStatus: 'ACTIVE' } });
    },
    'dynamodb:PutItem': ({ TableName, Item }) => {
      const { key, items } = this.#table(TableName);
      const item = Item as Item;
      items.set(JSON.stringify(item[key]), item);
      return json({});
    },
    'dynamodb:GetItem': ({ TableName, Key }) => {
      const { key, items } = this.#table(TableName);
      return json({ Item: items.get(JSON.stringify((Key as Item)[key])) });
    },
    'dynamodb:Scan': ({ TableName }) => {
      const items = [...this.#table(TableName).items.values()];
      return json({ Items: items, Count: items.length, ScannedCount: items.length });
    },
    'ssm:PutParameter': ({ Name, Type = 'String', Value }) => {
      const Version = (this.#parameters.get(String(Name))?.Version ?? 0) + 1;
      this.#parameters.set(String(Name), { Name: String(Name), Type: String(Type), Value: String(Value), Version });
      return json({ Version, Tier: 'Standard' });
    },
    'ssm:GetParameter': ({ Name }) => {
      const parameter = this.#parameters.get(String(Name));
      if (!parameter) throw new NotTaken('ParameterNotFound', `${String(Name)} is not there.`, 400);
      return json({ Parameter: parameter });
    },
    'ssm:DescribeParameters': () =>
      json({ Parameters: [...this.#parameters.values()].map(({ Value: _, ...shown }) => shown) }),
  };

  /** `sts:GetCallerIdentity`, as the request says by itself. */
  nameOf({ service, headers, body, query }: Asked): string {
    const target = headers['x-amz-target'];
    if (typeof target === 'string') return `${service}:${target.split('.').pop()}`;
    return `${service}:${new URLSearchParams(body.toString()).get('Action') ?? query.get('Action') ?? '?'}`;
  }

  answer(asked: Asked): Answer {
    const operation = this.#operations[this.nameOf(asked)];
    if (!operation) throw new NotTaken('InvalidAction', `${this.nameOf(asked)} is not served here.`, 400);
    const input: Item = asked.headers['x-amz-target'] ? JSON.parse(asked.body.toString()) : {};
    return operation(input, asked);
  }

  #table(name: unknown) {
    const table = this.#tables.get(String(name));
    if (!table) throw new NotTaken('ResourceNotFoundException', `Table ${String(name)} is not there.`, 400);
    return table;
  }
}

function result(name: string, inner: string): Answer {
  return xml(
    `<${name}Response xmlns="https://aws.amazon.com/doc"><${name}Result>${inner}</${name}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${name}Response>`,
  );
}
