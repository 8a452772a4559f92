import type { AuditEvent } from '../audit/events.ts';
import type { CallRefused } from '../aws/ports.ts';
import type { Context } from '../context.ts';

export type RefusalNotes = {
  /** Writes a refusal, or only counts it. `false`: it was counted, because there were many like it. */
  take(refusal: CallRefused): boolean;
  /** Writes what was only counted since. */
  flush(): Promise<void>;
};

const windowMs = 60_000;
/** Written one by one in a window, of one token or address for one reason. */
const ofToken = 20;
const ofStranger = 5;
/** Whoever asks from many addresses finds the log no longer than this in a window. */
const mostWritten = 1_000;

type Seen = { written: number; more: number; apiTokenId: string | null; address: string; reason: string };

/** Bounds what refusals write into the audit log: anybody who reaches the port can be refused as often as they like. */
export function createRefusalNotes(ctx: Context): RefusalNotes {
  let seen = new Map<string, Seen>();
  let written = 0;
  let sinceMs = ctx.clock.now().getTime();

  function countedOf({ token, address, reason }: CallRefused): Seen {
    // Beyond so many, strangers are counted together.
    const isCrowded = seen.size >= mostWritten;
    const from = isCrowded ? '' : address;
    const key = token ? `${token.id}/${reason}` : `${from}/${reason}`;
    const known = seen.get(key) ?? { written: 0, more: 0, apiTokenId: token?.id ?? null, address: from, reason };
    seen.set(key, known);
    return known;
  }

  async function flush(): Promise<void> {
    const events = [...seen.values()].flatMap(({ more, apiTokenId, address, reason }): AuditEvent[] =>
      more === 0 ? [] : [{ kind: 'aws.refused_more', subject: { reason, count: more, apiTokenId, address } }],
    );
    seen = new Map();
    written = 0;
    sinceMs = ctx.clock.now().getTime();
    await ctx.audit
      .append(...events)
      .catch((err) => ctx.log.error('Refused calls to AWS could not be counted in the log', { err }));
  }

  return {
    take(refusal) {
      if (ctx.clock.now().getTime() - sinceMs >= windowMs) void flush();
      const known = countedOf(refusal);
      if (known.written >= (refusal.token ? ofToken : ofStranger) || written >= mostWritten) {
        known.more += 1;
        return false;
      }
      known.written += 1;
      written += 1;
      return true;
    },
    flush,
  };
}

/** A refusal as the log has it. */
export function refusedEvent(refusal: CallRefused): AuditEvent {
  const { callId, reason, token, claimed, call, route, host, method, path, address } = refusal;
  const { shown, record = null, sessionId = null } = call ?? {};
  const operation = shown ? `${shown.service}:${shown.operation ?? '?'}` : null;
  const about = { operation, region: shown?.region ?? null, resource: shown?.resource ?? null, record };
  const who = { apiTokenId: token?.id ?? null, token: token ? null : (claimed ?? null) };
  const subject = { callId, reason, route, host, method, path, address, ...who, ...about };
  return { kind: 'aws.refused', actorId: token?.personId ?? null, sessionId, subject };
}
