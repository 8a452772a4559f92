import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

export type PlainRequest = {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Which loopback address it comes from. Requests are counted by address. */
  from?: string;
};
export type PlainAnswer = { status: number; headers: IncomingHttpHeaders; text: string };

let stranger = 0;
/** A loopback address that nobody else came from. */
export function strangeAddress(): string {
  stranger += 1;
  return `127.${1 + (process.pid % 200)}.${Math.floor(stranger / 250)}.${1 + (stranger % 250)}`;
}

/** One request over a connection of its own, with nothing between: `fetch` would set headers of its own. */
export function plainRequest(port: number, { method = 'GET', path, headers, body, from }: PlainRequest) {
  return new Promise<PlainAnswer>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, agent: false, localAddress: from };
    const sent = request({ ...options, headers: { host: `localhost:${port}`, ...headers } }, async (response) => {
      const { statusCode: status = 0, headers: said } = response;
      resolve({ status, headers: said, text: await text(response) });
    });
    sent.on('error', reject).end(body);
  });
}

/** Sends a form as a browser that shows the answer. */
export function postForm(port: number, path: string, fields: [string, string][], more: Partial<PlainRequest> = {}) {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-site': 'cross-site',
    ...more.headers,
  };
  const body = new URLSearchParams(fields).toString();
  return plainRequest(port, { method: 'POST', path, body, from: strangeAddress(), ...more, headers });
}
