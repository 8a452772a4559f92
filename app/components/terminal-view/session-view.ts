import { type EndReason, endSentence } from '#server/protocol/session-words.ts';
import type { ServerControl } from '#server/protocol/terminal-frames.ts';
import { type LimitMoments, limitMoments } from './limit-words.ts';

export type ProgressStep = 'ticket' | Extract<ServerControl, { type: 'progress' }>['step'];
export type HostKeyQuestion = Extract<ServerControl, { type: 'host-key' }>;
export type Opened = Extract<ServerControl, { type: 'opened' }> & { atMs: number };

/** How it ended, in words. `reason` is absent when the browser has to guess: refused at the door, or connection lost. */
export type Ending = {
  reason?: EndReason;
  sentence: string;
  detail?: string;
  exitStatus?: number;
  /** The session goes on in another browser of the same person. */
  isTakenOver?: boolean;
};

const takenOver = 'This session goes on in another window or on another device. Nothing was lost.';

/** All that the screen around the terminal shows. */
export type SessionView = {
  step: ProgressStep;
  /** The connection is lost, and being made again until then. */
  reconnecting?: { untilMs: number };
  question?: HostKeyQuestion;
  opened?: Opened;
  limits?: LimitMoments;
  notice?: string;
  ending?: Ending;
};

export type SessionEvent =
  | { type: 'control'; control: ServerControl; atMs: number }
  | { type: 'refused'; sentence: string }
  | { type: 'lost' }
  | { type: 'reconnecting'; untilMs: number }
  | { type: 'host-key-answered' }
  | { type: 'notice'; text: string }
  | { type: 'notice-read' };

export const startingView: SessionView = { step: 'ticket' };

/** The next view; the first ending is the last word. */
export function nextView(view: SessionView, event: SessionEvent): SessionView {
  if (view.ending) return view;
  switch (event.type) {
    case 'control':
      return afterControl(view, event.control, event.atMs);
    case 'refused':
      return ended(view, { sentence: event.sentence });
    case 'lost':
      return ended(view, { sentence: lossSentence(view) });
    case 'reconnecting':
      return { ...view, notice: undefined, reconnecting: { untilMs: event.untilMs } };
    case 'host-key-answered':
      return { ...view, question: undefined };
    case 'notice':
      return { ...view, notice: event.text };
    case 'notice-read':
      return { ...view, notice: undefined };
  }
}

function afterControl(view: SessionView, control: ServerControl, atMs: number): SessionView {
  switch (control.type) {
    case 'progress':
      return { ...view, step: control.step };
    case 'host-key':
      return { ...view, question: control };
    case 'opened':
      return { ...view, question: undefined, opened: { ...control, atMs: atMs - (control.sinceMs ?? 0) } };
    case 'attached':
      return { ...view, reconnecting: undefined };
    case 'detached':
      return ended(view, { sentence: takenOver, isTakenOver: true });
    case 'limits':
      return { ...view, limits: limitMoments(control, atMs) };
    case 'notice':
      return { ...view, notice: control.text };
    case 'look':
    case 'size':
    case 'dismissed':
      return view; // for those who only look
    case 'ended': {
      const { reason, detail, exitStatus } = control;
      const sentence = endSentence(reason);
      return ended(view, { reason, sentence, detail: detailBeyond(sentence, detail), exitStatus });
    }
  }
}

function ended(view: SessionView, ending: Ending): SessionView {
  return { ...view, question: undefined, limits: undefined, notice: undefined, reconnecting: undefined, ending };
}

/** A detail that only says the sentence again is none. */
export function detailBeyond(sentence: string, detail: string | null | undefined): string | undefined {
  return detail && !sentence.includes(detail) ? detail : undefined;
}

// A gateway that answers 401 looks like one that is gone: a page is not told which. Before the first word it is the ticket.
function lossSentence(view: SessionView): string {
  return view.step === 'ticket' && !view.opened
    ? 'The gateway did not open this session. Access expired, start again from the shop.'
    : 'The connection to the gateway was lost, so this session was closed.';
}

const stepSentences: Record<ProgressStep, string> = {
  ticket: 'Asking the gateway for this session',
  recorder: 'Starting the recording',
  connecting: 'Connecting to the computer',
  'signing-in': 'Signing in at the computer',
};

export const progressSteps = Object.keys(stepSentences) as ProgressStep[];

export function stepSentence(step: ProgressStep): string {
  return stepSentences[step];
}

// Connecting again at once would meet the same refusal.
const pointless: ReadonlySet<EndReason> = new Set<EndReason>([
  'revoked',
  'grant_ended',
  'refused_target',
  'sign_in_refused',
  'host_key_changed',
  'no_common_algorithm',
  'credential_unavailable',
  'recorder_failed',
]);

export type NextStep = 'connect-again' | 'come-back' | 'sign-in' | 'ask';

/** What helps after this end: simply connecting again, signing in first, or somebody else's doing. */
export function nextStepAfter({ reason, isTakenOver }: Ending): NextStep {
  if (isTakenOver) return 'come-back';
  if (reason === 'signed_out') return 'sign-in';
  return reason && pointless.has(reason) ? 'ask' : 'connect-again';
}
