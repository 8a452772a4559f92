/**
 * Contract: a host that is not honest gets nothing secret it should not have, cannot grow the gateway's memory, cannot
 * hang a session, and never throws into the process: each of its tricks is one ending with a reason.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import type { KeyboardAuthContext, ServerChannel } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import type { TerminalCredential } from './terminal-bridge.ts';
import {
  type FakeSshBehaviour,
  type FakeSshServer,
  newHostKey,
  startFakeSshServer,
} from './testing/fake-ssh-server.ts';
import { keys, type SshTrial, trySsh } from './testing/ssh-session.ts';

const secret: TerminalCredential = { type: 'password', username: 'ada', password: 'sésame' };
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0)) await undo();
});

async function against(behaviour: FakeSshBehaviour, given?: Parameters<typeof trySsh>[2]) {
  const server = await startFakeSshServer(behaviour);
  const trial = trySsh(server.port, secret, given);
  cleanUp.push(
    () => trial.bridge.close(),
    () => server.stop(),
  );
  return { server, trial };
}

async function rawServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const secretsSeen = ({ attempts }: FakeSshServer) => attempts.filter((attempt) => attempt.secret !== undefined);

/** Rejects until the wanted method comes, then does what the test says with it. */
function onKeyboard(act: (context: KeyboardAuthContext) => void): FakeSshBehaviour {
  return {
    onAuth: (context) => {
      if (context.method === 'keyboard-interactive') act(context);
      else context.reject(['keyboard-interactive']);
    },
  };
}

describe('sign-in', () => {
  it('sends nothing secret before the host key is trusted, nor after it is not', async () => {
    const { server, trial } = await against({}, { verdict: { trusted: false, reason: 'host_key_refused' } });
    expect((await trial.ended).reason).toBe('host_key_refused');
    expect(server.attempts).toEqual([]);
  });

  it('sends the password once, whatever is offered afterwards', async () => {
    const { server, trial } = await against({
      onAuth: (context) => context.reject(['password', 'keyboard-interactive', 'publickey']),
    });
    expect(await trial.ended).toEqual({
      reason: 'sign_in_refused',
      detail: 'The computer refused the password of ada.',
    });
    expect(server.attempts.map(({ method }) => method)).toEqual(['none', 'password']);
  });

  it('answers one prompt without echo, with the password', async () => {
    const answers: string[][] = [];
    const { trial } = await against({
      ...onKeyboard((context) =>
        context.prompt([{ prompt: 'Password: ', echo: false }], (given) => {
          answers.push(given);
          context.accept();
        }),
      ),
      onShell: (channel) => channel.write('hello'),
    });
    await trial.saw('hello');
    expect(answers).toEqual([['sésame']]);
  });

  it.each<[string, { prompt: string; echo: boolean }[]]>([
    ['a prompt that echoes', [{ prompt: 'Password: ', echo: true }]],
    [
      'two prompts at once',
      [
        { prompt: 'Password: ', echo: false },
        { prompt: 'Code: ', echo: false },
      ],
    ],
  ])('answers nothing to %s', async (_, prompts) => {
    const answers: string[][] = [];
    const { trial } = await against(onKeyboard((context) => context.prompt(prompts, (given) => answers.push(given))));
    expect(await trial.ended).toEqual({
      reason: 'sign_in_refused',
      detail: 'The computer asks for something else than the password.',
    });
    expect(answers).toEqual([]);
  });

  it('answers no second prompt', async () => {
    const answers: string[][] = [];
    const ask = [{ prompt: 'Password: ', echo: false }];
    const { trial } = await against(
      onKeyboard((context) =>
        context.prompt(ask, (given) => {
          answers.push(given);
          context.prompt([{ prompt: 'Again: ', echo: false }], (more) => answers.push(more));
        }),
      ),
    );
    expect((await trial.ended).reason).toBe('sign_in_refused');
    expect(answers).toHaveLength(1);
  });

  it('ends where a second factor or a key is wanted', async () => {
    const partial = await against({
      onAuth: (context) => context.reject(context.method === 'none' ? ['password'] : ['publickey'], true),
    });
    expect((await partial.trial.ended).detail).toBe(
      'The computer asks for a second factor, which a stored credential cannot give.',
    );
    const keyOnly = await against({ onAuth: (context) => context.reject(['publickey']) });
    expect(await keyOnly.trial.ended).toEqual({
      reason: 'sign_in_refused',
      detail: 'The computer does not accept a password, only publickey.',
    });
    expect(secretsSeen(keyOnly.server)).toEqual([]);
  });

  it('ends where the password is to be changed', async () => {
    const { trial } = await against({
      onAuth: (context) => {
        if (context.method === 'password') context.requestChange('Your password has expired', () => undefined);
        else context.reject(['password']);
      },
    });
    expect(await trial.ended).toEqual({
      reason: 'sign_in_refused',
      detail: 'The computer wants the password to be changed.',
    });
  });
});

describe('the handshake', () => {
  it('accepts no weak algorithm', async () => {
    for (const algorithms of [
      { cipher: ['aes128-cbc' as const] },
      { kex: ['diffie-hellman-group1-sha1' as const] },
      { cipher: ['aes128-ctr' as const], hmac: ['hmac-sha1' as const] },
    ]) {
      const { server, trial } = await against({ algorithms });
      const ended = await trial.ended;
      expect(ended.reason).toBe('no_common_algorithm');
      expect(ended.detail).toMatch(/offers no (cipher|key exchange|message authentication code) that/);
      expect(server.attempts).toEqual([]);
    }
  });

  it('says so when what answers is not SSH, hangs up, or says nothing that ends', async () => {
    const web = trySsh(
      await rawServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(600))),
      secret,
    );
    expect((await web.ended).reason).toBe('unreachable');
    const mute = trySsh(await rawServer((socket) => socket.end()), secret);
    expect(await mute.ended).toMatchObject({ reason: 'unreachable', detail: expect.stringContaining('hung up') });
  });

  it('survives garbage after a good greeting', async () => {
    let bytes: Uint8Array = new Uint8Array();
    const port = await rawServer((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
      socket.end(bytes);
    });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (garbage) => {
        bytes = garbage;
        const trial = trySsh(port, secret);
        await trial.ended;
        expect(trial.ends).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses another host key when keys are renewed', async () => {
    const { server, trial } = await against({ onShell: (channel) => channel.write('in') });
    await trial.saw('in');
    const [connection] = server.connections;
    const protocol = (connection as unknown as { _protocol: { _hostKeys: Record<string, unknown> } })._protocol;
    const ssh2 = await import('ssh2');
    protocol._hostKeys['ssh-ed25519'] = ssh2.default.utils.parseKey(newHostKey());
    connection!.rekey();
    const ended = await trial.ended;
    expect(ended.reason).toBe('host_key_changed');
  });
});

describe('an open terminal', () => {
  const shellOf = async (given: Partial<FakeSshBehaviour> = {}) => {
    let shell: ServerChannel | undefined;
    const { server, trial } = await against({
      ...given,
      onShell: (channel) => {
        shell = channel;
        channel.write('ready');
      },
    });
    await trial.saw('ready');
    return { server, trial, shell: shell as ServerChannel };
  };

  /** Sends channel data past the window, as no honest server does. */
  function overrun(shell: ServerChannel, chunks: number): void {
    const { _client, outgoing } = shell as unknown as {
      _client: { _protocol: { channelData(id: number, data: Buffer): void } };
      outgoing: { id: number };
    };
    for (let i = 0; i < chunks; i += 1) _client._protocol.channelData(outgoing.id, Buffer.alloc(32_000, 'x'));
  }

  it('does not let the host send more than it was granted while it is held back', async () => {
    const { trial, shell } = await shellOf();
    trial.bridge.pause();
    overrun(shell, 400); // 12 MB against a window of 2 MiB
    expect(await trial.ended).toEqual({
      reason: 'disconnected',
      detail: 'The computer sent more than it was allowed to.',
    });
  });

  it('is open still after as much as was granted', async () => {
    const { trial, shell } = await shellOf();
    overrun(shell, 30);
    shell.write('done');
    await trial.saw('done');
    expect(trial.ends).toEqual([]);
  });

  it('shows what the host writes as errors, too', async () => {
    const { trial, shell } = await shellOf();
    shell.stderr.write('trouble');
    await trial.saw('trouble');
  });

  it('ends when the host does not read what is typed', async () => {
    const { trial, shell } = await shellOf();
    shell.pause();
    const block = new Uint8Array(64 * 1024);
    for (let i = 0; i < 400 && trial.ends.length === 0; i += 1) trial.bridge.write(block);
    expect(await trial.ended).toEqual({
      reason: 'disconnected',
      detail: 'The computer does not read what is sent to it.',
    });
  });

  it('tells an exit without a status, and a cut connection', async () => {
    const quiet = await shellOf();
    quiet.shell.close();
    expect(await quiet.trial.ended).toEqual({ reason: 'exited' });
    const cut = await shellOf();
    (cut.server.connections[0] as unknown as { _sock: Socket })._sock.destroy();
    expect((await cut.trial.ended).reason).toBe('disconnected');
  });

  it('refuses channels that the host wants to open', async () => {
    const { server, trial } = await shellOf();
    const opened = await new Promise<Error | undefined>((resolve) => {
      server.connections[0]!.forwardOut('127.0.0.1', 1, '127.0.0.1', 2, (error) => resolve(error));
    });
    expect(opened).toBeInstanceOf(Error);
    trial.bridge.write(keys('x'));
    expect(trial.ends).toEqual([]);
  });

  it('tames what the host says when it hangs up', async () => {
    const { server, trial } = await shellOf();
    const protocol = (server.connections[0] as unknown as { _protocol: { disconnect(reason: number): void } })
      ._protocol;
    protocol.disconnect(2);
    const { reason, detail } = await (trial as SshTrial).ended;
    expect(reason).toBe('disconnected');
    expect(detail).toMatch(/^[\x20-\x7e]+$/);
  });
});
