import { createServer } from 'node:net';
import { type Config, withPort } from '../config/config.ts';
import { StartError } from './start-error.ts';

const demoTries = 100;

/**
 * The configuration with a port that is free now. With `anyNear` a taken port gives way to the next free one (a demo
 * to which nobody gave a port); otherwise it is refused with a sentence.
 */
export async function choosePort(config: Config, { anyNear }: { anyNear: boolean }): Promise<Config> {
  for (let port = config.port; ; port += 1) {
    const answer = await tryPort(config.listen, port);
    if (typeof answer === 'number') return withPort(config, answer);
    const taken = answer.code === 'EADDRINUSE';
    if (!taken || !anyNear || port >= config.port + demoTries)
      throw new StartError(sentence(answer, config.listen, port));
  }
}

function tryPort(listen: string, port: number): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen(port, listen, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

function sentence({ code, message }: NodeJS.ErrnoException, listen: string, port: number): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${listen} is taken by another program. Stop that one, or choose another port: npm start -- --port ${port + 1}`;
  }
  if (code === 'EACCES')
    return `Port ${port} is for privileged programs. Choose one above 1023, or allow it to this user.`;
  if (code === 'EADDRNOTAVAIL') return `${listen} is no address of this machine. Please correct LISTEN.`;
  return `Sallyport cannot listen on ${listen} port ${port}: ${message}`;
}
