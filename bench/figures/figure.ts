import type { PageLoad } from '../page-load.ts';
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
};

export type Figure = {
  name: string;
  unit: Unit;
  aim: Aim;
  /** Default: the name of the peer. */
  peerName?: string;
  measure(bench: Bench): Promise<Measured>;
};
