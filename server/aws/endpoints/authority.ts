export type Authority = { ok: true; host: string } | { ok: false; problem: 'syntax' | 'address' | 'port' };

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads what CONNECT asks for: a name in plain letters and port 443, in this form and no other. The name comes in lower case. */
export function parseConnectTarget(text: string): Authority {
  const [, name = '', port] = /^([^:]*):([0-9]{1,5})$/.exec(text) ?? [];
  if (port === undefined) return { ok: false, problem: text.startsWith('[') ? 'address' : 'syntax' };
  if (port !== '443') return { ok: false, problem: 'port' };
  return parseName(name);
}

/** Reads a `Host` header or a server name of TLS, where the port may be left out. */
export function parseHost(text: string): Authority {
  return parseConnectTarget(text.includes(':') ? text : `${text}:443`);
}

// No user, no dot at the end, no escapes, no letters beyond ASCII in either form: nothing that two parsers read differently.
function parseName(text: string): Authority {
  const name = text.toLowerCase();
  const labels = name.split('.');
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return { ok: false, problem: 'address' };
  const isName =
    /^[\x21-\x7e]*$/.test(text) &&
    name.length <= 253 &&
    labels.length > 1 &&
    labels.every((part) => label.test(part) && !part.startsWith('xn--'));
  return isName ? { ok: true, host: name } : { ok: false, problem: 'syntax' };
}
