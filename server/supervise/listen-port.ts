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

/**
 * The configuration with a port of the AWS proxy that is free now. One that nobody asked for gives way to the next free
 * one; where somebody did, it is refused with a sentence.
 */
export async function chooseAwsPort(config: Config, { isGiven }: { isGiven: boolean }): Promise<Config> {
  const { host, port: first } = config.awsListen;
  for (let port = first; ; port += 1) {
    const answer = port === config.port ? undefined : await tryPort(host, port);
    if (typeof answer === 'number') return { ...config, awsListen: { host, port: answer } };
    const mayMove = !isGiven && port < first + demoTries && (!answer || answer.code === 'EADDRINUSE');
    if (!mayMove) throw new StartError(awsSentence(host, port, answer));
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

function awsSentence(host: string, port: number, answer: NodeJS.ErrnoException | undefined): string {
  const why = !answer || answer.code === 'EADDRINUSE' ? 'it is taken' : answer.message;
  return `The AWS proxy cannot listen on ${host} port ${port}: ${why}. Stop what has it, or set AWS_LISTEN to another one.`;
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
