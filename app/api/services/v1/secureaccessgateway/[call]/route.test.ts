/** Contract: the built-in identity API has two calls. What every object of the language has is none of them. */
import { NextRequest } from 'next/server.js';
import { expect, test } from 'vitest';
import { POST } from './route.ts';

test.each(['constructor', 'toString', 'valueOf', '__proto__', 'other'])('%s is no call', async (call) => {
  const request = new NextRequest('http://localhost/', {
    method: 'POST',
    body: '{}',
    headers: { 'content-length': '2' },
  });
  expect((await POST(request, { params: Promise.resolve({ call }) })).status).toBe(404);
});
