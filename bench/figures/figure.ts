import type { Context } from '../../server/context.ts';
import type { AwsWays } from '../aws/installation.ts';
import type { SignedIn } from '../installation.ts';
import type { PageLoad } from '../page-load.ts';
import type { LongRecording, Shelf } from '../recordings.ts';
import type { Aim, Measured, Unit } from '../report.ts';
import type { Subject } from '../subjects/subject.ts';
import type { TextFile } from '../text-file.ts';
import type { LookAt } from '../viewers.ts';

/** What is measured, and with what. */
export type Bench = {
  ours: Subject;
  /** Ours under a policy that does not record. */
  unrecorded: Subject;
  peer: Subject;
  text: TextFile;
  startPageLoad(): PageLoad;
  lookAt: LookAt;
  baseUrl: string;
  /** On the database of ours, beside the program. */
  ctx: Context;
  auditor: SignedIn;
  /** Somebody who has never had a session. */
  approver: SignedIn;
  /** One recording of 1 GB, made when it is first asked for. */
  long(): Promise<LongRecording>;
  /** The ways to AWS, opened when they are first asked for. */
  aws(): Promise<AwsWays>;
  /** 500 sessions with recordings, likewise. */
  shelf(): Promise<Shelf>;
};

export type Figure = {
  name: string;
  unit: Unit;
  aim: Aim;
  /** Default: the name of the peer. */
  peerName?: string;
  measure(bench: Bench): Promise<Measured>;
};
