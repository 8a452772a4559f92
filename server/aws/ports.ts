import type { ApiTokenId, AwsCallId, PersonId, SessionId } from '../ids.ts';
import type { AwsEndpointHost, AwsRoute } from '../protocol/aws-words.ts';
import type { CallRefusal } from './errors/call-refusals.ts';
import type { Gift } from './operations/credentials.ts';
import type { Resources } from './operations/resources.ts';
import type { RecordKey } from './sigv4/resign.ts';

/** A token that is alive: known, not revoked, not expired, and for AWS. */
export type LivingToken = { id: ApiTokenId; personId: PersonId };

/** With what its requests are signed with. That leaves the verification in no direction. */
export type TokenForCall = LivingToken & { secret: string };

/** What a call would do, as far as its request says. */
export type NamedOperation = {
  /** `ec2:DescribeInstances`; `ec2:?` where it has no name that is sure. */
  name: string;
  /** False for `ec2:?`. */
  isKnown: boolean;
  /** Every name it could have: what denies one of them denies the call. Holds `name` alone where it is known. */
  possible: readonly string[];
  /** What its answer carries, or may carry, of keys, tokens and secrets. */
  gift?: Gift;
  resources: Resources;
  /** It may change something: a repeat of it is not just a second look. */
  changes: boolean;
};

/** What is shown of a call, in the log and on the timeline. Nothing in it is secret. */
export type CallShown = {
  /** The request id that the answer carries, and the key of the call everywhere. */
  callId: AwsCallId;
  at: Date;
  route: AwsRoute;
  /** The client's, without port. */
  address: string;
  /** As policies call it, such as `cloudwatch`. */
  service: string;
  /** `DescribeInstances`; missing where it has no name. */
  operation?: string;
  region: string;
  /** Of AWS, not of an endpoint of one's own. */
  host: string;
  method: string;
  /** Without the query. */
  path: string;
  /** The first thing it is about. */
  resource?: string;
  parameters: Record<string, unknown>;
  /** The same signature was seen before. */
  isRepeat: boolean;
  /** As the client says, such as `s3 cp`: no proof of anything. */
  command?: string;
  userAgent?: string;
};

/** May this token make this call, with this record, now? Asked once the signature of the head, or of all, was verified. */
export type CallQuestion = {
  token: LivingToken;
  /** RECORD of `TOKEN-ID#RECORD`: a number, a search, or empty. */
  record: string;
  shown: CallShown;
  operation: NamedOperation;
  /** The name in the signature, by which a record lists its services: `monitoring` where policies say `cloudwatch`. */
  signedService: string;
  /** The partition of the host: `aws`, `aws-cn`, … */
  partition: string;
  /** The host is a customer's, below a name of AWS. */
  isCustomerHost: boolean;
};

/** Where the calls of a record go instead of AWS. */
export type RecordEndpoint = {
  /** An origin: `https://minio.example.com:9000`; `http:` only for loopback addresses that ALLOW_TARGETS lists. */
  url: string;
  host: AwsEndpointHost;
  /** The only authority that is believed there, in PEM; without it the usual ones. */
  caPem?: string;
};

/** What an allowed call is made with. */
export type CallAllowed = {
  ok: true;
  sessionId: SessionId;
  key: RecordKey;
  endpoint?: RecordEndpoint;
  /** Aborts when the right to the session ends: every transfer of it is cut then. */
  ended: AbortSignal;
};

/** `sessionId` where the session runs in which the call would have been. */
export type CallDenied = { ok: false; refusal: CallRefusal; sessionId?: SessionId };

export type CallDecision = CallAllowed | CallDenied;

export type CallOpened = { shown: CallShown; token: LivingToken; sessionId: SessionId };

/** How a call that was opened ended. Bytes are those of the bodies: in is what AWS answered, out what the client sent. */
export type CallFinished = {
  callId: AwsCallId;
  sessionId: SessionId;
  at: Date;
  /** What the client was answered with; missing where the connection was cut before. */
  status?: number;
  /** What AWS calls its own answer. */
  awsRequestId?: string;
  bytesIn: number;
  bytesOut: number;
  /** Why it did not end well: `client_gone`, `access_ended`, `upstream`, or what was wrong with the body. */
  problem?: string;
};

/** A request that was not made. `token` once its signature was verified; `claimed` is what it said of itself until then. */
export type CallRefused = {
  callId: AwsCallId;
  at: Date;
  route: AwsRoute;
  address: string;
  host: string;
  method: string;
  path: string;
  /** The code of the refusal, out of a closed set. */
  reason: string;
  token?: LivingToken;
  /** The TOKEN-ID that the request names, believed by nobody; 128 characters at most. */
  claimed?: string;
  /** What the call would have been, once it was named, and the record that it asked for. */
  call?: { shown: CallShown; record: string; sessionId?: SessionId };
};

/** All that the proxy knows of the rest of the program. */
export type AwsPorts = {
  /** As the settings are now. */
  isOn(): boolean;
  /** How far a client's clock may be off. */
  skewMs(): number;
  /** `undefined` for unknown, expired and revoked tokens, and for those that are not for AWS. A second old at most. */
  findToken(tokenId: string): Promise<TokenForCall | undefined>;
  /** Resolves the record, decides, and opens or finds the session. */
  authorize(question: CallQuestion): Promise<CallDecision>;
  /** Resolves once the call is on disk. When it rejects nothing may be forwarded. */
  opened(call: CallOpened): Promise<void>;
  finished(call: CallFinished): void;
  refused(refusal: CallRefused): void;
};
