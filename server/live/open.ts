import { openSsh } from '../bridges/ssh.ts';
import type { TerminalSize } from '../bridges/terminal-bridge.ts';
import { type Refusal, sentenceOf } from '../errors.ts';
import { checkHostKey } from './host-key-check.ts';
import type { LivePorts } from './ports.ts';
import { describeLoss, openRecording, type RecordingLoss, type SessionRecording } from './session-recording.ts';
import type { TerminalSession } from './terminal-session.ts';

/**
 * Opens a session as far as dialling its host; the bridge tells the rest. The order is the promise: recorder before
 * credential, credential before anything is dialled. Never rejects.
 */
export async function openTerminal(ports: LivePorts, session: TerminalSession): Promise<void> {
  try {
    if (!(await ports.sessions.opening(session.authorized))) {
      void session.end({ reason: 'failed', detail: 'This session was opened elsewhere, or has ended.' });
      return;
    }
    session.held();
    await prepare(ports, session);
  } catch (err) {
    ports.log.error('A session could not be opened', { err, sessionId: session.id });
    void session.end({ reason: 'failed' });
  }
}

async function prepare(ports: LivePorts, session: TerminalSession): Promise<void> {
  const { authorized } = session;
  if (authorized.mode !== 'SSH') {
    void session.end({ reason: 'failed', detail: `The gateway does not open ${authorized.mode} sessions yet.` });
    return;
  }
  const size = await session.size();
  if (!size) return;
  const account = await ports.accountOf(authorized);
  if (account === undefined) {
    withoutCredential(session, { ok: false, code: 'no_credential' });
    return;
  }
  const recording = await startRecording(ports, session, account, size);
  if (recording) session.record(recording);
  if (session.isEnding) return;

  session.tell({ type: 'progress', step: 'credential' });
  const credential = await ports.releaseCredential(authorized);
  const pinned = await ports.hostKeys.find(authorized.server, authorized.port);
  if (session.isEnding) return;
  if (!credential.ok) {
    withoutCredential(session, credential);
    return;
  }
  const bridge = openSsh(
    authorized,
    {
      credential: credential.value,
      size,
      rules: ports.targetRules(),
      pinnedKeyType: pinned?.keyType,
      verifyHostKey: (key) => checkHostKey(ports, authorized, key, (shown) => session.askAboutKey(shown)),
      signal: session.signal,
    },
    {
      onStep: (step) => session.tell({ type: 'progress', step }),
      onOpen: () => void opened(ports, session, { account, recorded: recording !== undefined }),
      onOutput: (bytes) => session.output(bytes),
      onEnd: (end) => void session.end(end),
    },
  );
  session.connect(bridge);
}

function withoutCredential(session: TerminalSession, refusal: Refusal): void {
  void session.end({ reason: 'credential_unavailable', detail: sentenceOf(refusal) });
}

/** `undefined`: this session is not recorded, or it is ending because it had to be. */
async function startRecording(
  ports: LivePorts,
  session: TerminalSession,
  account: string,
  size: TerminalSize,
): Promise<SessionRecording | undefined> {
  const { authorized } = session;
  if (authorized.grant.policy.recording === 'off') return undefined;
  session.tell({ type: 'progress', step: 'recorder' });
  let recording: SessionRecording | undefined;
  const opened = await openRecording(
    ports,
    authorized,
    { account, ...size },
    {
      onSegment: (seq, head) => session.audit({ kind: 'recording.segment', subject: { seq, head } }),
      onFailure: (error) => onLoss(session, describeLoss(error), recording),
    },
  );
  if ('recording' in opened) recording = opened.recording;
  else onLoss(session, opened.loss, undefined);
  return recording;
}

// Where the policy requires a recording there is no session without one; elsewhere the loss is told and audited.
function onLoss(
  session: TerminalSession,
  { code, sentence }: RecordingLoss,
  recording: SessionRecording | undefined,
): void {
  recording?.lost(code);
  session.audit({ kind: 'recording.failed', subject: { code } });
  if (session.authorized.grant.policy.recording === 'required') {
    void session.end({ reason: 'recorder_failed', detail: sentence });
  } else {
    session.tell({ type: 'notice', text: `This session is not recorded from here on. ${sentence}` });
  }
}

async function opened(
  ports: LivePorts,
  session: TerminalSession,
  { account, recorded }: { account: string; recorded: boolean },
): Promise<void> {
  const { computer, grant } = session.authorized;
  const { allowCopy, allowPaste } = grant.policy;
  session.activate();
  session.tell({ type: 'opened', computer: computer.name, account, recorded, allowCopy, allowPaste });
  try {
    const isOurs = await ports.sessions.active(session.authorized, { account, recorded });
    if (!isOurs) await session.end({ reason: 'failed', detail: 'This session was ended elsewhere.' });
  } catch (err) {
    ports.log.error('The opening of a session could not be written', { err, sessionId: session.id });
    await session.end({ reason: 'failed' });
  }
}
