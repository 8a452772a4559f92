import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type Hash,
  type Hmac,
  randomBytes,
} from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignatureV4 } from '@smithy/signature-v4';
import { z } from 'zod';

export const standInCredentials = { accessKeyId: 'AKIASTANDIN', secretAccessKey: 'the secret of the stand-in' };
export const standInRegion = 'eu-central-1';

export type Asked = { operation: string; key: string; context: Record<string, string> };

/** What the next answers are instead of the right ones. `silence` answers nothing at all. */
export type Trouble = { name: string } | 'silence' | 'garbage';

export type StandInKms = AsyncDisposable & {
  endpoint: string;
  /** ARN of a key that is there; the alias `alias/keyring` leads to it. */
  keyId: string;
  /** Another key that is there. */
  otherKeyId: string;
  /** Every question that was signed rightly. */
  asked: Asked[];
  /** How many questions arrived, signed rightly or not. */
  arrived(): number;
  /** The next questions, as many as named, get into trouble. */
  getIntoTrouble(trouble: Trouble, times?: number): void;
  disable(keyId: string): void;
};

/**
 * AWS KMS as far as keyrings need it: real AES-256-GCM with the encryption context authenticated, and a signature check
 * that recomputes what arrived with the SDK's own signer.
 */
export async function startStandInKms(): Promise<StandInKms> {
  const arn = (name: string) => `arn:aws:kms:${standInRegion}:111122223333:key/${name}`;
  const keys = new Map(['one', 'two'].map((name) => [arn(name), randomBytes(32)]));
  const disabled = new Set<string>();
  const asked: Asked[] = [];
  let arrivals = 0;
  let troubles: Trouble[] = [];

  async function answer(request: IncomingMessage, body: string): Promise<Answer | 'silence'> {
    arrivals += 1;
    const trouble = troubles.shift();
    if (trouble === 'silence') return 'silence';
    if (trouble === 'garbage') return { status: 200, body: { surprise: true } };
    if (trouble) return refused(trouble.name);
    return (await isSigned(request, body)) ? rightly(request, body) : refused('InvalidSignatureException');
  }

  function rightly(request: IncomingMessage, body: string): Answer {
    const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
    const question = QuestionSchema.parse(JSON.parse(body));
    const asKey = question.KeyId === 'alias/keyring' ? arn('one') : question.KeyId;
    const context = question.EncryptionContext;
    asked.push({ operation, key: asKey, context });
    const key = keys.get(asKey);
    if (!key) return refused('NotFoundException');
    if (disabled.has(asKey)) return refused('DisabledException');
    if (operation === 'GenerateDataKey') {
      const dataKey = randomBytes(32);
      const CiphertextBlob = wrap(asKey, key, dataKey, context).toString('base64');
      return { status: 200, body: { KeyId: asKey, Plaintext: dataKey.toString('base64'), CiphertextBlob } };
    }
    const opened = unwrap(keys, Buffer.from(question.CiphertextBlob ?? '', 'base64'), context);
    if (!opened) return refused('InvalidCiphertextException');
    if (opened.keyId !== asKey) return refused('IncorrectKeyException');
    return { status: 200, body: { KeyId: opened.keyId, Plaintext: opened.dataKey.toString('base64') } };
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const answered = await answer(request, Buffer.concat(chunks).toString());
      if (answered === 'silence') return;
      response.writeHead(answered.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answered.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keyId: arn('one'),
    otherKeyId: arn('two'),
    asked,
    arrived: () => arrivals,
    getIntoTrouble: (trouble, times = 1) => {
      troubles = Array.from({ length: times }, () => trouble);
    },
    disable: (keyId) => void disabled.add(keyId),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const QuestionSchema = z.object({
  KeyId: z.string(),
  EncryptionContext: z.record(z.string(), z.string()).default({}),
  CiphertextBlob: z.string().optional(),
});

type Answer = { status: number; body: object };

function refused(name: string): Answer {
  return { status: 400, body: { __type: name, message: 'User: arn:aws:iam::111122223333:user/somebody may not' } };
}

const canonical = (context: Record<string, string>) => Buffer.from(JSON.stringify(Object.entries(context).sort()));

function wrap(keyId: string, key: Buffer, dataKey: Buffer, context: Record<string, string>): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(canonical(context));
  const name = Buffer.from(keyId);
  return Buffer.concat([
    Buffer.from([name.length]),
    name,
    nonce,
    cipher.update(dataKey),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function unwrap(keys: ReadonlyMap<string, Buffer>, blob: Buffer, context: Record<string, string>) {
  const nameEnd = 1 + (blob[0] ?? 0);
  const keyId = blob.subarray(1, nameEnd).toString();
  const key = keys.get(keyId);
  if (!key || blob.length !== nameEnd + 12 + 32 + 16) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(nameEnd, nameEnd + 12));
  decipher.setAAD(canonical(context));
  decipher.setAuthTag(blob.subarray(-16));
  try {
    const dataKey = Buffer.concat([decipher.update(blob.subarray(nameEnd + 12, -16)), decipher.final()]);
    return { keyId, dataKey };
  } catch {
    return undefined;
  }
}

/** SHA-256, and with a secret its HMAC, in the form in which the signer takes it. */
class Sha256 {
  #hash: Hash | Hmac;
  readonly #start: () => Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === 'string' ? secret : bytesOf(secret);
    this.#start = () => (key === undefined ? createHash('sha256') : createHmac('sha256', key));
    this.#hash = this.#start();
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }
  reset(): void {
    this.#hash = this.#start();
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

async function isSigned({ headers, method = '', url = '/' }: IncomingMessage, body: string): Promise<boolean> {
  const authorization = headers.authorization ?? '';
  const signed = /SignedHeaders=([a-z0-9;-]+), /.exec(authorization)?.[1]?.split(';') ?? [];
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? [];
  const signingDate = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const isLate = Math.abs(Date.now() - signingDate.getTime()) > 300_000;
  if (Number.isNaN(signingDate.getTime()) || isLate || !signed.includes('host') || !signed.includes('x-amz-target')) {
    return false;
  }
  const signer = new SignatureV4({
    service: 'kms',
    region: standInRegion,
    credentials: standInCredentials,
    sha256: Sha256,
  });
  const [hostname = '', port] = (headers.host ?? '').split(':');
  const again = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: url,
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
      body,
    },
    { signingDate },
  );
  return again.headers.authorization === authorization;
}
