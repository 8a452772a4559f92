import { pino } from 'pino';
import { toldError } from './told-error.ts';

/** Fields that a line may carry besides `time`, `level`, `area` and `msg` (docs: design of logs). Nothing else is written. */
export type LogFields = {
  requestId?: string;
  sid?: string;
  personId?: string;
  sessionId?: string;
  code?: string | number;
  ms?: number;
  err?: unknown;
};

export type Log = {
  debug(msg: string, fields?: LogFields): void;
  info(msg: string, fields?: LogFields): void;
  warn(msg: string, fields?: LogFields): void;
  error(msg: string, fields?: LogFields): void;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

// An allow-list, so that a secret that strays into an object of fields is not written. Of errors: see `toldError`.
function allowed(fields: LogFields = {}): Record<string, unknown> {
  const { requestId, sid, personId, sessionId, code, ms, err } = fields;
  const line: Record<string, unknown> = { requestId, sid, personId, sessionId, code, ms };
  if (err instanceof Error) line.err = toldError(err);
  else if (err !== undefined) line.err = String(err);
  return line;
}

/** A logger for one area of the program; writes JSON lines to standard error, because standard output is for people. */
export function createLog(area: string, level: LogLevel = 'info'): Log {
  const out = pino({ level, base: { area }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  return {
    debug: (msg, fields) => out.debug(allowed(fields), msg),
    info: (msg, fields) => out.info(allowed(fields), msg),
    warn: (msg, fields) => out.warn(allowed(fields), msg),
    error: (msg, fields) => out.error(allowed(fields), msg),
  };
}
