import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SessionId } from '../ids.ts';
import type { Log } from '../log.ts';
import { answerJson, answerNotice, type Notice } from './answer.ts';
import { auditExportPath } from './audit-export.ts';
import { type AwsDoor, isAwsCall } from './aws-door.ts';
import type { Client, ClientReader } from './client-address.ts';
import type { Health } from './health.ts';
import type { IdentityDoor } from './identity-door.ts';
import { type LaunchDoor, launchPath } from './launch-door.ts';
import { type Metrics, metricsPath } from './metrics.ts';
import type { PortalProxy } from './portal-proxy.ts';
import type { PublicOrigin } from './public-origin.ts';
import { provenBy } from './recording-proofs.ts';
import { checkHost, type RequestTarget, targetOf } from './request-target.ts';
import { type Exemption, mayPass } from './same-origin.ts';
import { newNonce, plainPolicy, portalPolicy, setSecurityHeaders } from './security-headers.ts';
import { isThisMachine } from './this-machine.ts';

export type FrontOptions = {
  ours: PublicOrigin;
  dev: boolean;
  log: Log;
  readClient: ClientReader;
  health: Health;
  metrics: Metrics;
  /** Answers below `/api/recordings/`. */
  readRecording(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  /** Answers what asks for the proof of a recording. */
  proveRecording(request: IncomingMessage, response: ServerResponse, sessionId: SessionId): Promise<void>;
  /** Answers below `/api/live/`. */
  readPicture(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  /** Answers `auditExportPath`. */
  exportAudit(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<void>;
  portal: Pick<PortalProxy, 'forward'>;
  /** Answers programs below `/aws`. */
  aws: Pick<AwsDoor, 'forward'>;
  /** Answers `/start`. */
  launch: LaunchDoor;
  /** Turns away who asks the identity API too often. */
  identityDoor: IdentityDoor;
  exemptions?: readonly Exemption[];
};

type Visit = { request: IncomingMessage; response: ServerResponse; target: RequestTarget; client: Client };

const methods = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** What the gateway does with an HTTP request: check it, answer what is its own, hand the rest to the portal. */
export function createFront(options: FrontOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    serve(options, request, response).catch((err) => {
      options.log.error('A request could not be answered', { err });
      if (response.headersSent) response.destroy();
      else answerNotice(request, response, options.ours, failed);
    });
  };
}

async function serve(options: FrontOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { ours } = options;
  const target = targetOf(request);
  if (!target) return answerNotice(request, response, ours, badTarget);
  if (!methods.has(request.method ?? '')) return answerNotice(request, response, ours, badMethod);
  const visit = { request, response, target, client: options.readClient(request) };
  // Whoever probes a machine does so by its address, so these answer under any name.
  if (target.path === '/api/health') return answerHealth(options, visit);
  if (target.path === '/api/ready') return answerReady(options, visit);
  if (target.path === metricsPath) return options.metrics(request, response, visit.client);
  if (!isWelcome(options, visit)) return;
  if (isAwsCall({ path: target.path, headers: request.headers }))
    return options.aws.forward(request, response, visit.client.address);
  const proven = provenBy(target.path);
  if (proven) return options.proveRecording(request, response, proven);
  if (target.path.startsWith('/api/recordings/')) return options.readRecording(request, response, target.path);
  if (target.path.startsWith('/api/live/')) return options.readPicture(request, response, target.path);
  if (target.path === auditExportPath) return options.exportAudit(request, response, target);
  if (target.path.startsWith('/ws/')) return answerNotice(request, response, ours, upgradeOnly);
  if (target.path === launchPath) return options.launch(visit);
  if (options.identityDoor(visit)) toPortal(options, visit);
}

function isWelcome({ ours, exemptions }: FrontOptions, { request, response, target, client }: Visit): boolean {
  const host = checkHost(request, ours, client);
  if (host === 'redirect') {
    const location = `${ours.origin}${target.path}${target.query}`;
    answerNotice(request, response, ours, { ...otherName(ours), status: 307, headers: { location } });
    return false;
  }
  if (host === 'refuse') {
    answerNotice(request, response, ours, otherName(ours));
    return false;
  }
  const attempt = { method: request.method ?? '', path: target.path, headers: request.headers };
  if (mayPass(attempt, ours, exemptions)) return true;
  answerNotice(request, response, ours, crossSite);
  return false;
}

function toPortal({ ours, dev, portal }: FrontOptions, { request, response, client }: Visit): void {
  const nonce = newNonce();
  portal.forward(request, response, {
    address: client.address,
    requestId: randomUUID(),
    nonce,
    policy: portalPolicy(ours, nonce, dev),
  });
}

/** Details only for the machine itself; to others, one word. */
async function answerHealth({ ours, health }: FrontOptions, { request, response, client }: Visit): Promise<void> {
  const report = await health.report();
  const isLocal = isThisMachine(ours, request, client);
  setSecurityHeaders(response, ours, plainPolicy(newNonce()));
  answerJson(request, response, report.status === 'down' ? 503 : 200, isLocal ? report : { status: report.status });
}

async function answerReady({ ours, health }: FrontOptions, { request, response }: Visit): Promise<void> {
  const ready = await health.isReady();
  setSecurityHeaders(response, ours, plainPolicy(newNonce()));
  answerJson(request, response, ready ? 200 : 503, { ready });
}

const badTarget: Notice = { status: 400, code: 'invalid_input', sentence: 'This address is not one of ours.' };
const badMethod: Notice = { status: 405, code: 'invalid_input', sentence: 'This method is not used here.' };
const upgradeOnly: Notice = {
  status: 426,
  code: 'invalid_input',
  sentence: 'This address is for WebSockets.',
  headers: { upgrade: 'websocket' },
};
const crossSite: Notice = {
  status: 403,
  code: 'forbidden',
  sentence:
    'This request did not come from a page of this gateway, so nothing was done. Open the gateway and try again.',
};
const failed: Notice = {
  status: 500,
  code: 'unavailable',
  sentence: 'This could not be answered. The log of the gateway has the details.',
};
const otherName = (ours: PublicOrigin): Notice => ({
  status: 421,
  code: 'invalid_input',
  sentence: `This gateway is reached at ${ours.origin}. Please use that address.`,
});
