import { z } from 'zod';
import './without-eval.ts';
import { endReasons } from './session-words.ts';

/** What happened in a session besides output: one line of `events.ndjson` each. */
const RecordingEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    columns: z.number().int(),
    rows: z.number().int(),
    computer: z.string(),
    account: z.string(),
    person: z.string(),
    personId: z.string(),
  }),
  z.object({ type: z.literal('resize'), columns: z.number().int(), rows: z.number().int() }),
  z.object({ type: z.literal('input'), text: z.string() }),
  z.object({ type: z.literal('paste'), bytes: z.number().int(), allowed: z.boolean() }),
  z.object({ type: z.literal('policy'), text: z.string() }),
  /** Somebody's browser came to the session or went: its owner's once more, or that of somebody who looks. */
  z.object({ type: z.literal('join'), role: z.enum(['owner', 'viewer']), person: z.string(), personId: z.string() }),
  z.object({ type: z.literal('leave'), role: z.enum(['owner', 'viewer']), person: z.string(), personId: z.string() }),
  z.object({ type: z.literal('kill'), reason: z.enum(endReasons), by: z.string() }),
  z.object({ type: z.literal('exit'), reason: z.enum(endReasons), exitStatus: z.number().int().optional() }),
]);
export type RecordingEvent = z.infer<typeof RecordingEventSchema>;

const EventMomentSchema = z.object({
  /** Wall clock, ISO 8601 in UTC. */
  at: z.string(),
  /** Milliseconds since the recording began, by a clock that never jumps. */
  elapsedMs: z.number().int().nonnegative(),
  /** Bytes of output before the event; the header line of the typescript is not output. */
  offset: z.number().int().nonnegative(),
});
export type EventMoment = z.infer<typeof EventMomentSchema>;
export type EventLine = EventMoment & RecordingEvent;

const EventLineSchema = z.intersection(EventMomentSchema, RecordingEventSchema);

export function formatEventLine(moment: EventMoment, event: RecordingEvent): string {
  return `${JSON.stringify({ ...moment, ...event })}\n`;
}

/** One line without its line feed, or `undefined` when it is no event that we know: a player skips it. */
export function parseEventLine(line: string): EventLine | undefined {
  try {
    return EventLineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // not JSON
  }
}

/** The known events of a whole file, in order. */
export function parseEvents(text: string): EventLine[] {
  return text.split('\n').flatMap((line) => parseEventLine(line) ?? []);
}

/** An event in a few words. */
export function markText(mark: RecordingEvent): string {
  switch (mark.type) {
    case 'start':
      return `Started on ${mark.computer} as ${mark.account}`;
    case 'resize':
      return `Resized to ${mark.columns} × ${mark.rows}`;
    case 'input':
      return 'Typed';
    case 'paste':
      return `${mark.allowed ? 'Pasted' : 'Tried to paste'} ${mark.bytes} ${mark.bytes === 1 ? 'byte' : 'bytes'}`;
    case 'policy':
      return mark.text;
    case 'join':
      return mark.role === 'owner' ? `${mark.person} came back` : `${mark.person} began to watch`;
    case 'leave':
      return mark.role === 'owner' ? `${mark.person} went away` : `${mark.person} stopped watching`;
    case 'kill':
      return 'Ended by somebody else';
    case 'exit':
      return 'Ended';
  }
}
