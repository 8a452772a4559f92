import type { Tx } from '../../db/connect.ts';
import {
  attestPersonKey,
  listAttestedBy,
  listJobsUnder,
  listLaunchesUnder,
  listOwedEndsUnder,
  listSecretsUnder,
  rewrapJob,
  rewrapLaunch,
  rewrapOwedEnd,
  rewrapSecret,
  type SealedPlaceName,
  type Under,
} from '../../db/queries/sealed-rows.ts';
import { endSessionKind, owedEndPurpose } from '../launch/end-session-job.ts';
import { launchKeysPurpose } from '../launch/receive-launch.ts';
import type { Keyring } from './keyring.ts';
import { attestAgain, isAttested } from './person-key.ts';
import { wrapAgain, wrapTextAgain } from './wrap-again.ts';

/** What became of a page of rows. `stuck` names what could not be carried over; `last` is where the next page begins, if there is one. */
export type Carried = { moved: number; stuck: string[]; last: string | null };

/** A place where something stands under a system key. */
export type SealedPlace = {
  name: SealedPlaceName;
  /** Carries a page of what is under an older key over to the one of now. */
  carryOver(tx: Tx, keyring: Keyring, page: Under): Promise<Carried>;
};

type Row = { id: string; purpose?: string };
/** `undefined`: it cannot be carried over. Otherwise whether it still was what was read. */
type Carry<R extends Row> = (tx: Tx, keyring: Keyring, row: R, from: string) => Promise<boolean | undefined>;

function place<R extends Row>(
  name: SealedPlaceName,
  list: (tx: Tx, page: Under) => Promise<R[]>,
  carry: Carry<R>,
): SealedPlace {
  return {
    name,
    async carryOver(tx, keyring, page) {
      const rows = await list(tx, page);
      const stuck: string[] = [];
      let moved = 0;
      for (const row of rows) {
        const done = await carry(tx, keyring, row, page.keyId);
        if (done === undefined) stuck.push(row.purpose ?? row.id);
        if (done) moved += 1;
      }
      return { moved, stuck, last: rows.length === page.limit ? (rows.at(-1)?.id ?? null) : null };
    },
  };
}

/**
 * Everything that is under a system key, in an order in which nothing escapes: what a session owes becomes a job's, so
 * jobs come after sessions.
 */
export const sealedPlacesInOrder: readonly SealedPlace[] = [
  place('secrets', listSecretsUnder, async (tx, keyring, { id, purpose, wrappedKey }, from) => {
    const again = wrapAgain(keyring, { id, purpose }, { kind: 'system', keyId: from, wrappedKey });
    return again && rewrapSecret(tx, id, from, { keyId: again.keyId, wrappedKey: again.wrappedKey });
  }),
  place('launches', listLaunchesUnder, async (tx, keyring, { id, text }, from) => {
    const again = wrapTextAgain(keyring, launchKeysPurpose(id), text);
    return again && rewrapLaunch(tx, id, from, again);
  }),
  place('owed_ends', listOwedEndsUnder, async (tx, keyring, { id, text }, from) => {
    const again = text && wrapTextAgain(keyring, owedEndPurpose(id), text);
    return again ? rewrapOwedEnd(tx, id, from, again) : undefined;
  }),
  place('jobs', listJobsUnder, async (tx, keyring, { id, kind, sessionId, text }, from) => {
    // What another kind of work seals its payload for is not known here, so it stays as it is.
    if (kind !== endSessionKind || !sessionId || !text) return undefined;
    const again = wrapTextAgain(keyring, owedEndPurpose(sessionId), text);
    return again && rewrapJob(tx, id, from, again);
  }),
  place('person_keys', listAttestedBy, async (tx, keyring, { id, ...key }) => {
    const owner = { personId: id, ...key };
    if (!isAttested(keyring, owner)) return undefined;
    const { attestedBy, attestation } = attestAgain(keyring, owner);
    return attestPersonKey(
      tx,
      { id, publicKey: key.publicKey, attestedBy: key.attestedBy },
      { attestedBy, attestation },
    );
  }),
];
