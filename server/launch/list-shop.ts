import { type ComputerAccess, loadAccessOf } from '../../db/queries/access-facts.ts';
import { findOwnCredentials } from '../../db/queries/credential-facts.ts';
import { findFavoriteComputers } from '../../db/queries/favorites.ts';
import { readSettings } from '../../db/queries/settings.ts';
import { findRecentComputers, readShopPage } from '../../db/queries/shop.ts';
import type { Actor, Context } from '../context.ts';
import { isAnythingOffered } from '../decide/choices.ts';
import { decide } from '../decide/decide.ts';
import type { GrantFacts, PickedCredential } from '../decide/facts.ts';
import { type ErrorCode, type Outcome, ok, refuse, sentenceOf } from '../errors.ts';
import type { AccessLevelId, ComputerGuid, ComputerId, PolicyId } from '../ids.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { Mode, RecordingRule } from '../protocol/session-words.ts';

/** `granted`: Manage Access, what somebody has a grant for; `all`: every computer, where a setting shows them. */
export type ShopQuery = Pick<ListQuery, 'search' | 'page'> & { view: 'granted' | 'all' };

/** Under what one would work: what a screen says before it. */
export type ShopRight = {
  policy: {
    id: PolicyId;
    name: string;
    recording: RecordingRule;
    recordInput: boolean;
    allowCopy: boolean;
    allowPaste: boolean;
    exclusiveCheckOut: boolean;
  };
  /** `null`: the standard level. */
  accessLevel: { id: AccessLevelId; name: string } | null;
  endsAt: Date | null;
};

export type ShopRow = {
  guid: ComputerGuid;
  name: string;
  description: string;
  mode: Mode;
  isFavorite: boolean;
  /** What the button Connect does, or why it does nothing. */
  connect: ({ allowed: true } & ShopRight) | { allowed: false; code: ErrorCode; message: string };
  /** Advanced Mode has something to choose. */
  isAdvancedOffered: boolean;
};

export type ShopView = {
  view: ShopQuery['view'];
  /** Whether there is a view of all computers. */
  showsAll: boolean;
  page: Page<ShopRow>;
  /** What they worked on last, the latest first; only above the first page. */
  recent: ShopRow[];
  /** Whom to ask, as an administrator wrote it; or empty. */
  helpContact: string;
};

const mostRecent = 5;

/**
 * A page of computers, those this person marked first, and whether they may connect to each now or why not. Nothing but
 * the rows of that page is loaded. Addresses and accounts stay inside.
 */
export async function listShop(ctx: Context, actor: Actor, query: ShopQuery): Promise<Outcome<ShopView>> {
  const now = ctx.clock.now();
  const entry = decide('enter', actor, now);
  if (!entry.allow) return refuse(entry.reason);
  const { db } = ctx.connection;
  const personId = actor.person.id;
  const { shopShowsAll: showsAll, helpContact } = await readSettings(db);
  const view = showsAll ? query.view : 'granted';
  const page = await readShopPage(db, { personId, now, onlyGranted: view === 'granted' }, query);
  const isTop = query.search === '' && page.page === 1;
  const recentIds = isTop ? await findRecentComputers(db, { personId, now }, mostRecent) : [];
  const rows = await readRows(ctx, actor, [...new Set([...page.rows, ...recentIds])]);
  const rowsOf = (ids: readonly ComputerId[]) => ids.flatMap((id) => rows.get(id) ?? []);
  return ok({ view, showsAll, page: { ...page, rows: rowsOf(page.rows) }, recent: rowsOf(recentIds), helpContact });
}

async function readRows(ctx: Context, actor: Actor, ids: readonly ComputerId[]): Promise<Map<ComputerId, ShopRow>> {
  const { db } = ctx.connection;
  const personId = actor.person.id;
  const favorites = await findFavoriteComputers(db, personId, ids);
  const personal = await findOwnCredentials(db, personId);
  const now = ctx.clock.now();
  const all = await loadAccessOf(db, personId, ids);
  return new Map(
    all.map((access) => {
      const { id, guid, name, description, mode } = access.computer;
      const shown = { guid, name, description, mode, isFavorite: favorites.has(id) };
      return [id, { ...shown, ...statesOf(actor, { access, personal }, now) }];
    }),
  );
}

type Having = { access: ComputerAccess; personal: readonly PickedCredential[] };

function statesOf(
  actor: Actor,
  { access, personal }: Having,
  now: Date,
): Pick<ShopRow, 'connect' | 'isAdvancedOffered'> {
  const isAdvancedOffered = isAnythingOffered({ ...actor, access, personal }, now);
  const decision = decide('connect', { ...actor, access }, now);
  if (decision.allow) return { connect: { allowed: true, ...rightOf(decision.grant) }, isAdvancedOffered };
  if (decision.reason === 'no_credential' && isAdvancedOffered) {
    return { connect: { allowed: false, code: 'no_credential', message: onlyAdvanced }, isAdvancedOffered };
  }
  const code = decision.reason === 'no_credential' ? 'no_credentials' : decision.reason;
  return { connect: { allowed: false, code, message: sentenceOf(refuse(code)) }, isAdvancedOffered };
}

const onlyAdvanced = 'Connect has no credential here. Choose one in Advanced Mode.';

/** A right as the shop shows it. */
export function rightOf({ policy, accessLevel, endsAt }: GrantFacts): ShopRight {
  const { id, name, recording, recordInput, allowCopy, allowPaste, exclusiveCheckOut } = policy;
  return {
    policy: { id, name, recording, recordInput, allowCopy, allowPaste, exclusiveCheckOut },
    accessLevel,
    endsAt,
  };
}
