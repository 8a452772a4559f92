import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ComputerGuid, SessionId } from '../../server/ids.ts';
import {
  decodeServerFrame,
  encodeAck,
  encodeControl,
  encodeData,
  encodeResize,
  type ServerControl,
  terminalSubprotocol,
  ticketSubprotocolPrefix,
} from '../../server/protocol/terminal-frames.ts';
import type { Installation } from '../installation.ts';
import type { Measurable } from '../memory.ts';
import { type Subject, size, type Wire } from './subject.ts';

/** The gateway, entered as a browser enters it: session, ticket, WebSocket. */
export function ours(
  { baseUrl, gateway }: { baseUrl: string; gateway: Measurable },
  { user: { cookie }, connect }: Installation,
  computerGuid: ComputerGuid,
): Subject {
  return {
    name: 'ours',
    process: gateway,
    open: async (onOutput) => {
      const { sessionId, ticket } = await connect(computerGuid);
      const protocols = [terminalSubprotocol, `${ticketSubprotocolPrefix}${ticket}`];
      const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/ws/terminal`, protocols, {
        origin: baseUrl,
        headers: { cookie },
        perMessageDeflate: false,
        family: 4,
      });
      await once(socket, 'open');
      socket.send(encodeResize(size.columns, size.rows));
      await opened(socket, onOutput);
      return wireOf(socket, sessionId);
    },
  };
}

function opened(socket: WebSocket, onOutput: (bytes: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onControl = (control: ServerControl | undefined) => {
      if (control?.type === 'opened') resolve();
      if (control?.type === 'ended') reject(new Error(`The session ended: ${control.reason} ${control.detail ?? ''}`));
    };
    socket.once('close', (code) => reject(new Error(`The gateway closed the socket (${code}).`)));
    socket.on('message', (message: Buffer) => {
      if (message[0] === 0) onOutput(message.subarray(1));
      else {
        const frame = decodeServerFrame(message);
        if (frame?.type === 'control') onControl(frame.control);
      }
    });
  });
}

function wireOf(socket: WebSocket, sessionId: SessionId): Wire {
  return {
    sessionId,
    send: (keys) => socket.send(encodeData(keys)),
    acknowledge: (parsedBytes) => socket.send(encodeAck(parsedBytes)),
    close: async () => {
      const closed = once(socket, 'close');
      socket.send(encodeControl({ type: 'close' }));
      await closed;
    },
  };
}
