import { openSsh } from '../bridges/ssh.ts';
import type { HostKey, TerminalCredential, TerminalSize } from '../bridges/terminal-bridge.ts';
import { refuse, sentenceOf } from '../errors.ts';
import type { ConnectionObject } from '../launch/connection-object.ts';
import { aimAt } from './aim.ts';
import { checkHostKey } from './host-key-check.ts';
import { ScratchOutput } from './kept-output.ts';
import type { LivePorts } from './ports.ts';
import {
  describeLoss,
  openRecording,
  type RecordingLoss,
  type SessionRecording,
  subjectOf,
} from './session-recording.ts';
import type { TerminalSession } from './terminal-session.ts';

/**
 * Opens a session as far as dialling its host; the bridge tells the rest. The order is the promise: recorder before
 * anything is dialled. Never rejects.
 */
export async function openTerminal(
  ports: LivePorts,
  session: TerminalSession,
  connection: ConnectionObject | undefined,
): Promise<void> {
  try {
    if (!(await ports.sessions.opening(session.authorized))) {
      void session.end({ reason: 'failed', detail: 'This session was opened elsewhere, or has ended.' });
      return;
    }
    session.held();
    if (connection) await prepare(ports, session, connection);
    else void session.end({ reason: 'credential_unavailable', detail: sentenceOf(refuse('access_expired')) });
  } catch (err) {
    ports.log.error('A session could not be opened', { err, sessionId: session.id });
    void session.end({ reason: 'failed' });
  }
}

async function prepare(ports: LivePorts, session: TerminalSession, connection: ConnectionObject): Promise<void> {
  const { mode } = session.authorized;
  if (mode !== 'SSH') {
    void session.end({ reason: 'failed', detail: `The gateway does not open ${mode} sessions yet.` });
    return;
  }
  const size = await session.size();
  if (!size) return;
  const account = connection.credential.username;
  const recording = await startRecording(ports, session, connection.credential, size);
  if (recording) session.keep(recording);
  else await keepForItsTime(ports, session, account, size);
  if (session.isEnding) return;
  const shown = { account, recorded: recording !== undefined, notes: connection.notes };
  await dialNext({ ports, session, connection, size, shown }, 0);
}

/** Without a recording, what is on the screen is kept all the same for as long as the session runs, unless nobody needs it. */
async function keepForItsTime(
  ports: LivePorts,
  session: TerminalSession,
  account: string,
  size: TerminalSize,
): Promise<void> {
  const { authorized } = session;
  const { graceSeconds, allowSnooping } = authorized.grant.policy;
  if (session.isEnding || (graceSeconds === 0 && !allowSnooping)) return;
  let scratch: ScratchOutput | undefined;
  const onFailure = (err: Error) => {
    ports.log.warn('The screen of a session is not kept any more', { err, sessionId: session.id });
    scratch?.lost();
  };
  try {
    scratch = new ScratchOutput(
      await ports.recordings.openScratch(subjectOf(authorized, account), size, { onFailure }),
    );
    session.keep(scratch);
  } catch (err) {
    onFailure(err as Error); // It cannot be come back to, and ends when its browser goes.
  }
}

type Dialling = {
  ports: LivePorts;
  session: TerminalSession;
  connection: ConnectionObject;
  size: TerminalSize;
  shown: Shown;
};

/** Dials the servers in order, each only when the one before could not be connected to: never after a secret was sent. */
async function dialNext(dialling: Dialling, index: number): Promise<void> {
  const { ports, session, connection, size, shown } = dialling;
  const target = connection.targets[index];
  if (!target) return;
  const authorized = aimAt(session.authorized, target);
  session.aim(authorized);
  const pinned = await ports.hostKeys.find(target.server, target.port);
  if (session.isEnding) return;
  let isPastConnecting = false;
  const isLast = index + 1 >= connection.targets.length;
  const options = {
    credential: connection.credential,
    size,
    rules: ports.targetRules(),
    pinnedKeyType: pinned?.keyType,
    verifyHostKey: (key: HostKey) => {
      isPastConnecting = true;
      return checkHostKey(ports, authorized, key, (asked) => session.askAboutKey(asked));
    },
    signal: session.signal,
  };
  const bridge = openSsh(authorized, options, {
    onStep: (step) => session.tell({ type: 'progress', step }),
    onOpen: () => void opened(ports, session, shown),
    onOutput: (bytes) => session.output(bytes),
    onEnd: (end) => {
      const mayGoOn = end.reason === 'unreachable' && !isPastConnecting && !isLast && !session.isEnding;
      if (mayGoOn) void dialNext(dialling, index + 1).catch((err) => failed(dialling, err));
      else void session.end(end);
    },
  });
  session.connect(bridge);
}

function failed({ ports, session }: Dialling, err: unknown): void {
  ports.log.error('The next server of a session could not be dialled', { err, sessionId: session.id });
  void session.end({ reason: 'failed' });
}

/** `undefined`: this session is not recorded, or it is ending because it had to be. */
async function startRecording(
  ports: LivePorts,
  session: TerminalSession,
  credential: TerminalCredential,
  size: TerminalSize,
): Promise<SessionRecording | undefined> {
  const { authorized } = session;
  if (authorized.grant.policy.recording === 'off') return undefined;
  session.tell({ type: 'progress', step: 'recorder' });
  let recording: SessionRecording | undefined;
  const opened = await openRecording(
    ports,
    authorized,
    { credential, ...size },
    {
      onSegment: (seq, head) => session.audit({ kind: 'recording.segment', subject: { seq, head } }),
      onFailure: (error) => onLoss(ports, session, { loss: describeLoss(error), recording }),
    },
  );
  if ('recording' in opened) recording = opened.recording;
  else onLoss(ports, session, { loss: opened.loss, recording });
  return recording;
}

// Where the policy requires a recording there is no session without one; elsewhere the loss is told and audited.
function onLoss(
  ports: LivePorts,
  session: TerminalSession,
  { loss, recording }: { loss: RecordingLoss; recording: SessionRecording | undefined },
): void {
  const { code, sentence } = loss;
  ports.measured.recorderFailed(code);
  recording?.lost(code);
  session.audit({ kind: 'recording.failed', subject: { code } });
  if (session.authorized.grant.policy.recording === 'required') {
    void session.end({ reason: 'recorder_failed', detail: sentence });
  } else {
    session.tell({ type: 'notice', text: `This session is not recorded from here on. ${sentence}` });
  }
}

type Shown = { account: string; recorded: boolean; notes: string | null };

async function opened(ports: LivePorts, session: TerminalSession, shown: Shown): Promise<void> {
  const { account, recorded, notes } = shown;
  const { computer, grant } = session.authorized;
  const { allowCopy, allowPaste } = grant.policy;
  session.activate();
  session.tellOpened({
    computer: computer.name,
    account,
    recorded,
    allowCopy,
    allowPaste,
    graceSeconds: grant.policy.graceSeconds,
    ...(notes ? { notes } : {}),
  });
  try {
    const isOurs = await ports.sessions.active(session.authorized, { account, recorded });
    if (!isOurs) await session.end({ reason: 'failed', detail: 'This session was ended elsewhere.' });
  } catch (err) {
    ports.log.error('The opening of a session could not be written', { err, sessionId: session.id });
    await session.end({ reason: 'failed' });
  }
}
