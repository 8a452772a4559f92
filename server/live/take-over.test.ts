/**
 * Contract: a browser that takes a session over leaves nobody alone with it, so no word of leaving is written and no
 * policy ends the session for it. Whoever goes while the screen is still being made for them has left as anybody does,
 * and a screen that nobody can make keeps neither them nor the host waiting. Over a real sshd.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Screens } from '../recording/screens.ts';
import { type LiveRig, type LiveSession, startLiveRig } from './testing/live-rig.ts';

/** Screens that are asked for and never made, until somebody says so. */
class StuckScreens implements Screens {
  asked: Promise<void>;
  #wasAsked = () => {};

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#wasAsked = resolve;
    });
  }

  snapshot = () => this.#never();
  picture = () => this.#never();
  follow = () => this.#never();
  forget = () => undefined;
  stop = async () => undefined;

  #never(): Promise<never> {
    this.#wasAsked();
    return new Promise(() => undefined);
  }
}

let rig: LiveRig;
let screens: StuckScreens;
beforeAll(async () => {
  screens = new StuckScreens();
  rig = await startLiveRig({ screens, ports: { showMs: 500 } });
});
afterAll(async () => rig?.close());

const movesOf = async ({ id }: LiveSession) =>
  (await rig.audit(id))
    .filter(({ kind }) => kind === 'session.attached' || kind === 'session.detached')
    .map(({ kind, subject }) => [kind, subject]);

async function eventsOf({ id }: LiveSession): Promise<string[]> {
  const { path } = (await rig.recordingRow(id)) ?? {};
  const text = readFileSync(join(rig.recordingsDir, path ?? '', 'events.ndjson'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type);
}

describe('a second browser', () => {
  it.each([0, 60])('takes over a session of %d s of grace without a word of leaving', async (graceSeconds) => {
    const { session, browser } = await rig.open({ policy: { graceSeconds, recording: 'required' } });
    await browser.control('opened');
    const second = await rig.back(session);
    await second.control('attached');
    await browser.control('detached');
    second.type('echo al""ive\r');
    await second.saw('alive');
    second.close();
    await second.ended();
    expect((await rig.endedRow(session.id)).endReason).toBe('closed');
    expect(await movesOf(session)).toEqual([['session.attached', { takenOver: true }]]);
    expect(await eventsOf(session)).toEqual(['start', 'join', 'exit']);
  });

  it('is told so when the screen cannot be made in time, and the host goes on', async () => {
    const { session, browser } = await rig.open({ policy: { graceSeconds: 60 } });
    await browser.control('opened');
    const second = await rig.back(session);
    expect(await second.control('attached')).toMatchObject({ screenBytes: 0 });
    expect((await second.control('notice')).text).toMatch(/could not be restored/);
    second.type('echo al""ive\r');
    await second.saw('alive');
    second.close();
    await second.ended();
  });
});

describe('a browser that goes while it is shown the screen', () => {
  it.each([
    [0, []],
    [1, [['session.detached', {}]]],
  ])('leaves a session of %d s of grace', async (graceSeconds, moves) => {
    const patient = await startLiveRig({ screens: new StuckScreens(), ports: { showMs: 2 ** 31 - 1 } });
    try {
      const { session, browser } = await patient.open({ policy: { graceSeconds, recording: 'required' } });
      await browser.control('opened');
      const second = await patient.back(session);
      await browser.control('detached');
      second.leave();
      expect((await patient.endedRow(session.id)).endReason).toBe('left');
      const written = (await patient.audit(session.id)).filter(({ kind }) => kind === 'session.detached');
      expect(written.map(({ kind, subject }) => [kind, subject])).toEqual(moves);
    } finally {
      await patient.close();
    }
  });
});

it('asks for no screen of a session that has ended, and forgets what there was', async () => {
  const asked: string[] = [];
  let isFollowing = () => {};
  const following = new Promise<void>((resolve) => {
    isFollowing = resolve;
  });
  let goOn = () => {};
  const slow: Screens = {
    ...new StuckScreens(),
    follow: () => {
      asked.push('follow');
      isFollowing();
      return new Promise((resolve) => {
        goOn = resolve;
      });
    },
    snapshot: () => {
      asked.push('snapshot');
      return Promise.reject(new Error('There is none.'));
    },
    forget: () => {
      asked.push('forget');
      goOn(); // Whoever was reading ahead is done just now.
    },
  };
  const patient = await startLiveRig({ screens: slow, ports: { showMs: 2 ** 31 - 1 } });
  try {
    const { session, browser } = await patient.open({ policy: { graceSeconds: 60, recording: 'required' } });
    await browser.control('opened');
    const second = await patient.back(session);
    await following;
    execFileSync('pkill', ['-KILL', '-u', patient.account, '-x', 'bash']);
    await second.ended();
    await patient.endedRow(session.id);
    expect(asked).toEqual(['follow', 'forget']);
  } finally {
    await patient.close();
  }
});
