/** Why a connection through the proxy is refused before anything is signed. */
export type HostRefusal =
  | 'absolute_form'
  | 'not_connect'
  | 'syntax'
  | 'address'
  | 'port'
  | 'not_aws'
  | 'names_disagree'
  | 'proxy_off'
  | 'too_many';

const answers: Readonly<Record<HostRefusal, readonly [status: number, message: string]>> = {
  absolute_form: [405, 'This proxy takes CONNECT only. Use https:// for the endpoint, and HTTPS_PROXY for this proxy.'],
  not_connect: [405, 'This is a proxy for the AWS tools. Set HTTPS_PROXY to this address.'],
  syntax: [400, 'The host that was asked for is not a name.'],
  address: [403, 'This proxy leads to hosts of AWS by name, not to addresses.'],
  port: [403, 'This proxy leads to port 443 only.'],
  not_aws: [403, 'This proxy leads to hosts of AWS only. Put other hosts in NO_PROXY.'],
  names_disagree: [421, 'The request is for another host than the connection.'],
  proxy_off: [503, 'The AWS proxy is turned off.'],
  too_many: [429, 'Too many connections from this address. Try again in a moment.'],
};

/** A plain answer, because who asks for a host is no client of a service yet: status and one sentence. */
export function hostRefusal(refusal: HostRefusal): { status: number; message: string } {
  const [status, message] = answers[refusal];
  return { status, message };
}
