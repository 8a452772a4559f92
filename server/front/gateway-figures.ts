import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { HealthReport } from './health.ts';
import { Counter, type Family, Histogram, type Sample } from './prometheus.ts';

/** What this process holds at the moment. */
export type LiveFigures = {
  sessions: readonly { mode: string; state: string; count: number }[];
  /** Sessions whose browser is away. */
  detached: number;
  viewers: Readonly<Record<'watch' | 'wall', number>>;
  webSockets: Readonly<Record<'terminal' | 'watch', number>>;
};

/** What the database knows. */
export type StoredFigures = {
  jobs: readonly { kind: string; state: string; count: number; attempts: number; mostAttempts: number }[];
  /** Of recordings that are kept. */
  recordedBytes: number;
  /** Sealed recordings by what the self-check says of them, unless it says that they play. */
  notPlayable: readonly { why: string; count: number }[];
};

export type FiguresOptions = {
  live(): LiveFigures;
  /** Rejects when the database does not answer. */
  stored(): Promise<StoredFigures>;
  health(): Promise<HealthReport>;
  isDraining(): boolean;
};

const echoBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const durableBounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30];

/** What is counted while the gateway runs, by whoever sees it happen. */
export class GatewayCounts {
  readonly echo = new Histogram(echoBounds);
  readonly durable = new Histogram(durableBounds);
  readonly ends = new Counter();
  readonly recorderFailures = new Counter();
  readonly refusals = new Counter();
}

/** The figures of this gateway, read when somebody asks; what cannot be read is left out. */
export function createFigures(counts: GatewayCounts, options: FiguresOptions) {
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  return {
    async read(): Promise<Family[]> {
      const health = await options.health();
      const stored = health.database === 'ok' ? await options.stored().catch(() => undefined) : undefined;
      return [
        ...liveFamilies(options.live(), options.isDraining()),
        ...countFamilies(counts),
        ...storedFamilies(stored),
        ...healthFamilies(health),
        ...processFamilies(lag),
      ];
    },
    stop: () => lag.disable(),
  };
}

const gauge = (name: string, help: string, samples: readonly Sample[] | number): Family => ({
  name: `sallyport_${name}`,
  help,
  type: 'gauge',
  samples: typeof samples === 'number' ? [{ value: samples }] : samples,
});
const counter = (name: string, help: string, counted: Counter): Family => ({
  name: `sallyport_${name}`,
  help,
  type: 'counter',
  samples: counted.samples(),
});
const by = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
const flag = (isSo: boolean) => (isSo ? 1 : 0);

function liveFamilies({ sessions, detached, viewers, webSockets }: LiveFigures, isDraining: boolean): Family[] {
  const held = sessions.map(({ mode, state, count }) => ({ labels: { mode, state }, value: count }));
  return [
    gauge('sessions', 'Sessions that this gateway holds.', held),
    gauge('sessions_detached', 'Sessions that wait for the browser of their person.', detached),
    gauge('viewers', 'Looks at running sessions, as they are watched or on a wall.', by('kind', viewers)),
    gauge('websockets', 'Open WebSockets by what they are for.', by('kind', webSockets)),
    gauge('draining', '1: no new sessions are opened.', flag(isDraining)),
  ];
}

function countFamilies({ echo, durable, ends, recorderFailures, refusals }: GatewayCounts): Family[] {
  const histogram = (name: string, help: string, measured: Histogram): Family => ({
    name: `sallyport_${name}`,
    help,
    type: 'histogram',
    samples: measured.samples(),
  });
  return [
    histogram('echo_seconds', 'From a key to the first output of the host after it.', echo),
    histogram('recorder_durable_seconds', 'From output to its being safe on disk.', durable),
    counter('session_ends_total', 'Sessions that ended, by the reason.', ends),
    counter('recorder_failures_total', 'Recorders that gave up, by the error.', recorderFailures),
    counter('refusals_total', 'Launches and WebSockets that were refused, by the code.', refusals),
  ];
}

function storedFamilies(stored: StoredFigures | undefined): Family[] {
  if (!stored) return [];
  const { jobs, recordedBytes, notPlayable } = stored;
  const ofJobs = (pick: (job: StoredFigures['jobs'][number]) => number): Sample[] =>
    jobs.map((job) => ({ labels: { kind: job.kind, state: job.state }, value: pick(job) }));
  return [
    gauge(
      'jobs',
      'Rows of background work.',
      ofJobs(({ count }) => count),
    ),
    gauge(
      'job_attempts',
      'Attempts at them, all together.',
      ofJobs(({ attempts }) => attempts),
    ),
    gauge(
      'job_attempts_max',
      'Attempts at the one that took most.',
      ofJobs(({ mostAttempts }) => mostAttempts),
    ),
    gauge('recordings_bytes', 'Recordings that are kept, with their indexes.', recordedBytes),
    gauge(
      'recordings_not_playable',
      'Closed recordings without a copy that is known to play, by what the self-check says.',
      notPlayable.map(({ why, count }) => ({ labels: { check: why }, value: count })),
    ),
  ];
}

function healthFamilies({ database, recorder, disk, children }: HealthReport): Family[] {
  const processes = children.map(({ name, state }) => ({ labels: { name }, value: flag(state === 'ready') }));
  const restarts = children.map((child) => ({ labels: { name: child.name }, value: child.restarts }));
  return [
    gauge('database_up', '1: the database answers.', flag(database === 'ok')),
    gauge('recorder_up', '1: the store of the recordings can be written to.', flag(recorder === 'ok')),
    gauge('disk_free_bytes', 'Free on the disk of the recordings.', disk ? disk.freeBytes : []),
    gauge('disk_free_ratio', 'The same, of all of it.', disk ? disk.freeRatio : []),
    gauge('process_up', '1: this process of the installation is ready.', processes),
    gauge('process_restarts', 'How often it was started again.', restarts),
  ];
}

function processFamilies(lag: IntervalHistogram): Family[] {
  const seconds = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0);
  const quantiles = [50, 99, 100].map((percent) => ({
    labels: { quantile: String(percent / 100) },
    value: lag.count > 0 ? seconds(lag.percentile(percent)) : 0,
  }));
  lag.reset(); // What was long ago must not hide what is now.
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const memory = { resident: rss, heap: heapUsed, external, array_buffers: arrayBuffers };
  return [
    gauge('event_loop_lag_seconds', 'How late timers of the gateway were since the last reading.', quantiles),
    gauge('memory_bytes', 'Memory of the gateway.', by('kind', memory)),
    gauge('up_seconds', 'How long the gateway has run.', Math.round(process.uptime())),
  ];
}
