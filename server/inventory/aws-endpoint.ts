import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { decideTarget, type TargetRefusal, type TargetRules } from '../decide/target.ts';
import { type Outcome, ok } from '../errors.ts';
import { wrongField } from './credential-refusals.ts';

const wrong = (problem: string) => wrongField('endpointUrl', problem);

/**
 * The origin to which calls go instead of AWS, from what somebody typed: https, or http to loopback where ALLOW_TARGETS
 * lists it. Addresses of the metadata service and link-local ones are refused whatever is listed. What a name stands for
 * is asked when it is dialled, by the same rules.
 */
export function readEndpointUrl(text: string, rules: TargetRules): Outcome<string> {
  const url = URL.parse(text);
  if (!url || !['https:', 'http:'].includes(url.protocol) || !/^https?:\/\//i.test(text))
    return wrong('Enter an address such as https://minio.example.com:9000.');
  if (url.username || url.password) return wrong('Leave user name and password out of the address.');
  if (url.pathname !== '/' || url.search || url.hash || /[?#]/.test(text))
    return wrong('Enter scheme, host and port alone, without a path.');
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const isPlain = url.protocol === 'http:';
  if (isIP(host) === 0 && host !== 'localhost') return isPlain ? plainRefused : ok(url.origin);
  return readAddress(
    { address: host === 'localhost' ? '127.0.0.1' : host, name: host, port, isPlain, rules },
    url.origin,
  );
}

const never: readonly TargetRefusal[] = [
  'not_an_address',
  'unspecified',
  'link_local',
  'metadata',
  'multicast',
  'reserved',
];
const plainRefused = wrong('Use https. Plain http is for loopback addresses alone, where ALLOW_TARGETS lists them.');

type Literal = { address: string; name: string; port: number; isPlain: boolean; rules: TargetRules };

function readAddress({ address, name, port, isPlain, rules }: Literal, origin: string): Outcome<string> {
  const unlisted = decideTarget(address, port, { allowTargets: [], ownPorts: [] });
  if (!unlisted.allow && never.includes(unlisted.because))
    return wrong(`${name} is an address that calls never go to, whatever is allowed.`);
  if (isPlain && (unlisted.allow || unlisted.because !== 'loopback')) return plainRefused;
  const decision = decideTarget(address, port, { ...rules, name });
  if (decision.allow) return ok(origin);
  return wrong(
    decision.because === 'own_port'
      ? 'This is a port of Sallyport itself.'
      : `${name} is this machine itself. List it in ALLOW_TARGETS first, such as ${name}:${port}.`,
  );
}

const mostCertificates = 20;

/** Certificates as somebody pasted them, each as it can be believed in; `null` for none. */
export function readCaPem(text: string): Outcome<string | null> {
  if (text.trim() === '') return ok(null);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  const problem = 'Paste certificates in PEM form, from -----BEGIN CERTIFICATE----- on.';
  if (/PRIVATE KEY/.test(text))
    return wrongField('endpointCaPem', 'This is a private key. Paste the certificate alone.');
  if (blocks.length === 0 || blocks.length > mostCertificates) return wrongField('endpointCaPem', problem);
  try {
    return ok(blocks.map((block) => new X509Certificate(block).toString()).join(''));
  } catch {
    return wrongField('endpointCaPem', problem);
  }
}
