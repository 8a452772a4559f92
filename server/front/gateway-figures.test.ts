/**
 * Contract: every figure that is promised is there under its name; what cannot be read now is left out and said to be
 * out of reach, and the rest is told all the same.
 */
import { afterEach, expect, it } from 'vitest';
import { createFigures, type FiguresOptions, GatewayCounts } from './gateway-figures.ts';
import { render } from './prometheus.ts';
import { healthy } from './testing/running-front.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const usual: FiguresOptions = {
  live: () => ({
    sessions: [{ mode: 'SSH', state: 'active', count: 3 }],
    detached: 1,
    viewers: { watch: 2, wall: 1 },
    webSockets: { terminal: 2, watch: 2 },
  }),
  stored: async () => ({
    jobs: [{ kind: 'end_session', state: 'waiting', count: 2, attempts: 5, mostAttempts: 4 }],
    recordedBytes: 12_345,
    notPlayable: [{ why: 'unplayable', count: 1 }],
  }),
  health: async () => healthy,
  isDraining: () => true,
};

async function told(given: Partial<FiguresOptions> = {}, counts = new GatewayCounts()): Promise<string> {
  const figures = createFigures(counts, { ...usual, ...given });
  stops.push(figures.stop);
  return render(await figures.read());
}

it('tells what runs, what was measured, what waits and what is left', async () => {
  const counts = new GatewayCounts();
  counts.echo.observeMs(4);
  counts.durable.observeMs(700);
  counts.ends.add({ reason: 'idle' });
  counts.recorderFailures.add({ code: 'ENOSPC' });
  counts.refusals.add({ door: 'websocket', code: 'ticket_invalid' });
  const lines = (await told({}, counts)).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'sallyport_sessions{mode="SSH",state="active"} 3',
      'sallyport_sessions_detached 1',
      'sallyport_viewers{kind="wall"} 1',
      'sallyport_websockets{kind="terminal"} 2',
      'sallyport_draining 1',
      'sallyport_echo_seconds_bucket{le="0.005"} 1',
      'sallyport_recorder_durable_seconds_bucket{le="0.5"} 0',
      'sallyport_recorder_durable_seconds_bucket{le="1"} 1',
      'sallyport_session_ends_total{reason="idle"} 1',
      'sallyport_recorder_failures_total{code="ENOSPC"} 1',
      'sallyport_refusals_total{door="websocket",code="ticket_invalid"} 1',
      'sallyport_jobs{kind="end_session",state="waiting"} 2',
      'sallyport_job_attempts{kind="end_session",state="waiting"} 5',
      'sallyport_job_attempts_max{kind="end_session",state="waiting"} 4',
      'sallyport_recordings_bytes 12345',
      'sallyport_recordings_not_playable{check="unplayable"} 1',
      'sallyport_database_up 1',
      'sallyport_recorder_up 1',
      'sallyport_disk_free_bytes 5000000000',
      'sallyport_process_up{name="portal"} 1',
      expect.stringMatching(/^sallyport_event_loop_lag_seconds\{quantile="0.99"\} [\d.e-]+$/),
      expect.stringMatching(/^sallyport_memory_bytes\{kind="resident"\} \d{7,}$/),
    ]),
  );
});

it('has no line that Prometheus could not read, and no name twice', async () => {
  const text = await told();
  const names = text.match(/(?<=^# TYPE )\S+/gm) ?? [];
  expect(new Set(names).size).toBe(names.length);
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) sallyport_\w+ .+|sallyport_\w+(\{(\w+="[^"\n]*",?)+\})? (\d[\d.e+-]*))$/);
  }
});

it.each<[string, Partial<FiguresOptions>]>([
  ['is down', { health: async () => ({ ...healthy, status: 'down', database: 'down' }) }],
  ['went away just now', { stored: () => Promise.reject(new Error('gone')) }],
])('leaves out what the database knows when it %s', async (_what, given) => {
  const text = await told(given);
  expect(text).not.toContain('sallyport_jobs');
  expect(text).not.toContain('sallyport_recordings');
  expect(text).toContain('sallyport_sessions{mode="SSH",state="active"} 3');
});

it('leaves out a disk that does not answer', async () => {
  expect(await told({ health: async () => ({ ...healthy, disk: null }) })).not.toContain('disk_free');
});
