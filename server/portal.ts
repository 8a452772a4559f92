import type { z } from 'zod';
import { startAnchoring } from './audit/anchor.ts';
import { callerIdentity } from './aws/caller-identity.ts';
import { createDialer } from './aws/dial.ts';
import { scanHostKey } from './bridges/host-key-scan.ts';
import { targetRulesOf } from './bridges/target-rules.ts';
import { trySignIn } from './bridges/try-sign-in.ts';
import type { ChildConfig } from './config/config.ts';
import type { Actor, Context } from './context.ts';
import { createContext } from './create-context.ts';
import { type DeskAlarms, listAlarms as listDeskAlarms } from './desk/list-alarms.ts';
import { askDrainState, askGatewayToOpen, type OpenAnswer, type OpenRequest } from './front/control-socket.ts';
import {
  type ApproveHostKeyInputSchema,
  approveHostKey as approveShownHostKey,
  type ReadHostKeyInputSchema,
  readHostKey as readShownHostKey,
  type ScanHostKey,
} from './inventory/approve-host-key.ts';
import type { SetAwsEndpointInput } from './inventory/aws-record-input.ts';
import {
  type AskWhoseKeys,
  type CheckAwsRecordInputSchema,
  checkAwsRecord as checkRecord,
} from './inventory/check-aws-record.ts';
import { setAwsEndpoint as setEndpoint } from './inventory/set-aws-endpoint.ts';
import {
  type TestCredentialInputSchema,
  type TestOwnCredentialInputSchema,
  type TrySignIn,
  testOwnCredential as testPersonalCredential,
  testCredential as testSharedCredential,
} from './inventory/test-credential.ts';
import { type ConnectComputerInput, connectComputer as connectToComputer } from './launch/connect-computer.ts';
import { readUnlockCookie } from './vault/unlock-cookie.ts';

/**
 * The one door from the portal's pages to the server: a context, the use cases by name, and nothing that goes around
 * them. Next bundles this module, perhaps more than once; what must be one per process is kept on `globalThis`.
 */
const processWide = globalThis as {
  /** Put there by the entry point of the portal before Next starts. */
  [configKey]?: ChildConfig;
  [contextKey]?: Promise<Context>;
};
const configKey = Symbol.for('sallyport.config');
const contextKey = Symbol.for('sallyport.portal-context');

function config(): ChildConfig {
  const found = processWide[configKey];
  if (!found) throw new TypeError('The portal has no configuration: start it through portal-server.ts');
  return found;
}

/** The context of this process, made at its first use. A failure is not kept, so that the next request tries again. */
export function portalContext(): Promise<Context> {
  processWide[contextKey] ??= openContext().catch((error: unknown) => {
    delete processWide[contextKey];
    throw error;
  });
  return processWide[contextKey];
}

async function openContext(): Promise<Context> {
  const context = await createContext(config(), 'portal');
  startAnchoring(context); // For as long as the process lives.
  return context;
}

/** Origin of this installation, without a trailing slash. */
export function publicUrl(): string {
  return config().publicUrl;
}

/** Where programs reach the AWS proxy: its port, at the name by which people reach this installation. */
export function awsProxyUrl(): string {
  const { awsListen, publicUrl: origin } = config();
  return `http://${new URL(origin).hostname}:${awsListen.port}`;
}

const scan: ScanHostKey = (address) =>
  scanHostKey(address, { rules: targetRulesOf(config()), signal: AbortSignal.timeout(15_000) });

export function readHostKey(ctx: Context, actor: Actor, input: z.output<typeof ReadHostKeyInputSchema>) {
  return readShownHostKey(ctx, actor, input, scan);
}

export function approveHostKey(ctx: Context, actor: Actor, input: z.output<typeof ApproveHostKeyInputSchema>) {
  return approveShownHostKey(ctx, actor, input, scan);
}

const trySignInFromHere: TrySignIn = (address, attempt) =>
  trySignIn(address, { ...attempt, rules: targetRulesOf(config()), signal: AbortSignal.timeout(40_000) });

export function testCredential(ctx: Context, actor: Actor, input: z.output<typeof TestCredentialInputSchema>) {
  return testSharedCredential(ctx, actor, input, trySignInFromHere);
}

export function testOwnCredential(
  ctx: Context,
  actor: Actor,
  input: z.output<typeof TestOwnCredentialInputSchema> & { unlockCookie: string | undefined },
) {
  return testPersonalCredential(ctx, actor, input, trySignInFromHere);
}

export function setAwsEndpoint(ctx: Context, actor: Actor, input: SetAwsEndpointInput) {
  return setEndpoint(ctx, actor, input, targetRulesOf(config()));
}

const askWhoseKeys: AskWhoseKeys = async ({ key, record: { partition, endpointUrl, endpointHost, endpointCaPem } }) => {
  const endpoint = endpointUrl && {
    url: endpointUrl,
    host: endpointHost,
    ...(endpointCaPem ? { caPem: endpointCaPem } : {}),
  };
  const dialer = createDialer({ rules: () => targetRulesOf(config()) });
  try {
    const tools = { dialer, now: () => new Date(), signal: AbortSignal.timeout(20_000) };
    return await callerIdentity({ key, partition, ...(endpoint ? { endpoint } : {}) }, tools);
  } finally {
    dialer.close();
  }
};

export function checkAwsRecord(ctx: Context, actor: Actor, input: z.output<typeof CheckAwsRecordInputSchema>) {
  return checkRecord(ctx, actor, input, askWhoseKeys);
}

/** What waits for whoever may do something about it. */
export function listAlarms(ctx: Context, actor: Actor): Promise<DeskAlarms> {
  return listDeskAlarms(ctx, actor, config().recordingsDir);
}

/** Asks the gateway to open a launch for whoever sent this `Cookie` header. */
export function openLaunch(question: OpenRequest): Promise<OpenAnswer> {
  return askGatewayToOpen(config().gatewaySocket, question);
}

/** A gateway that does not answer is found out when the launch is opened, which says so. */
const isDraining = async () => (await askDrainState(config().gatewaySocket))?.isDraining ?? false;

export function connectComputer(ctx: Context, actor: Actor, input: ConnectComputerInput) {
  return connectToComputer(ctx, actor, input, { isDraining });
}

/** The key of an unlock in a `Cookie` header. */
export function unlockCookieOf(ctx: Context, cookieHeader: string | undefined): string | undefined {
  return readUnlockCookie(cookieHeader, ctx.publicUrl);
}

export { auditKindChoices, type FilterParams, filterNames } from './audit/filters.ts';
export { listLog } from './audit/list-log.ts';
export type { LogEntry } from './audit/log-entry.ts';
export type { Actor, Context } from './context.ts';
export {
  type EndSessionDelivery,
  getEndSessionDelivery,
  SendEndSessionAgainInputSchema,
  sendEndSessionAgain,
} from './desk/end-session-delivery.ts';
export { getSession, type SessionDetail } from './desk/get-session.ts';
export {
  AnswerLiftInputSchema,
  agreeToLiftHold,
  askToLiftHold,
  HoldRecordingInputSchema,
  holdRecording,
  keepHold,
} from './desk/hold-recording.ts';
export { type CallRow, listCalls } from './desk/list-calls.ts';
export { listSessions, type SessionRow } from './desk/list-sessions.ts';
export { ReportCallsInputSchema, reportCalls } from './desk/report-calls.ts';
export {
  type SearchedRecordings,
  SearchRecordingInputSchema,
  searchFilterNames,
  searchRecording,
  searchRecordings,
  type TextHit,
} from './desk/search-recordings.ts';
export { TerminateSessionInputSchema, terminateSession } from './desk/terminate-session.ts';
export { type LastProof, lastProof } from './desk/verify-recording.ts';
export { listWall, mayWatch, type WallTile, WatchSessionInputSchema, watchSession } from './desk/watch-session.ts';
export { type ErrorCode, type Outcome, type Refusal, refuse, sentenceOf } from './errors.ts';
export { answerEndSession, answerGetCredential } from './identity-api/answer.ts';
export { maxIdentityBytes } from './identity-api/contract.ts';
export type {
  ComputerGuid,
  ComputerId,
  CredentialId,
  GrantId,
  GroupId,
  LaunchId,
  LoginSessionId,
  PersonId,
  PolicyId,
  SessionId,
} from './ids.ts';
export { isUuid } from './ids.ts';
export {
  ChangeAccessLevelInputSchema,
  CreateAccessLevelInputSchema,
  changeAccessLevel,
  createAccessLevel,
  DeleteAccessLevelInputSchema,
  deleteAccessLevel,
  listAccessLevels,
} from './inventory/access-levels.ts';
export { ApproveHostKeyInputSchema, ReadHostKeyInputSchema } from './inventory/approve-host-key.ts';
export { readAwsProxy } from './inventory/aws-proxy.ts';
export {
  ChangeAwsRecordInputSchema,
  CreateAwsRecordInputSchema,
  SetAwsEndpointInputSchema,
  SetAwsRecordDisabledInputSchema,
} from './inventory/aws-record-input.ts';
export {
  type AwsRecordRow,
  changeAwsRecord,
  createAwsRecord,
  findAwsRecordGrantChoices,
  listAwsRecords,
  listMyAwsRecords,
  setAwsRecordDisabled,
  type UsableRecord,
} from './inventory/aws-records.ts';
export { ChangeComputerInputSchema, changeComputer } from './inventory/change-computer.ts';
export { changeCredential } from './inventory/change-credential.ts';
export { CheckAwsRecordInputSchema } from './inventory/check-aws-record.ts';
export {
  AddComputerCredentialInputSchema,
  addComputerCredential,
  RemoveComputerCredentialInputSchema,
  removeComputerCredential,
} from './inventory/computer-credentials.ts';
export {
  ConfirmTargetInputSchema,
  confirmTarget,
  countWaitingTargets,
  listWaitingTargets,
} from './inventory/confirm-target.ts';
export { CreateComputerInputSchema, createComputer } from './inventory/create-computer.ts';
export { createCredential } from './inventory/create-credential.ts';
export {
  FindReferenceChoicesInputSchema,
  findCredentialChoices,
  findOwnReferenceChoices,
  findReferenceChoices,
} from './inventory/credential-choices.ts';
export { ChangeCredentialInputSchema, CreateCredentialInputSchema } from './inventory/credential-input.ts';
export { CredentialInputSchema, deleteCredential } from './inventory/delete-credential.ts';
export { exportComputers } from './inventory/export-computers.ts';
export {
  FindChoicesInputSchema,
  FindMemberChoicesInputSchema,
  findAccessLevelChoices,
  findComputerChoices,
  findGranteeChoices,
  findMemberChoices,
  findPolicyChoices,
} from './inventory/find-choices.ts';
export { getComputer } from './inventory/get-computer.ts';
export {
  CreateGrantInputSchema,
  createGrant,
  listGrants,
  RevokeGrantInputSchema,
  revokeGrant,
} from './inventory/grants.ts';
export { ForgetHostKeyInputSchema, forgetHostKey, listHostKeys } from './inventory/host-keys.ts';
export { checkImport, ImportComputersInputSchema, importComputers } from './inventory/import-computers.ts';
export { listComputers } from './inventory/list-computers.ts';
export {
  listCredentials,
  SetFavoriteInputSchema,
  setCredentialFavorite,
  setOwnCredentialFavorite,
} from './inventory/list-credentials.ts';
export {
  changePersonalCredential,
  createPersonalCredential,
  deletePersonalCredential,
  listPersonalCredentials,
} from './inventory/personal-credentials.ts';
export {
  ChangePolicyInputSchema,
  CreatePolicyInputSchema,
  changePolicy,
  createPolicy,
  listPolicies,
} from './inventory/policies.ts';
export {
  addRecordField,
  changeRecordField,
  RecordFieldInputSchema,
  RemoveRecordFieldInputSchema,
  removeRecordField,
} from './inventory/record-type-fields.ts';
export {
  ChangeRecordTypeInputSchema,
  CreateRecordTypeInputSchema,
  changeRecordType,
  createRecordType,
  getRecordType,
  listRecordForms,
  listRecordTypes,
  RecordTypeInputSchema,
  SetRecordTypeDisabledInputSchema,
  setRecordTypeDisabled,
} from './inventory/record-types.ts';
export { SetComputerDisabledInputSchema, setComputerDisabled } from './inventory/set-computer-disabled.ts';
export {
  ChangeSettingInputSchema,
  changeSetting,
  type HouseRules,
  listSettings,
  readHouseRules,
  type SettingRow,
} from './inventory/settings.ts';
export {
  FindTestPlacesInputSchema,
  findOwnTestPlaces,
  findTestPlaces,
  TestCredentialInputSchema,
  TestOwnCredentialInputSchema,
} from './inventory/test-credential.ts';
export { ConnectComputerInputSchema } from './launch/connect-computer.ts';
export { IssueTicketInputSchema, issueTicket } from './launch/issue-ticket.ts';
export { ConnectChoicesInputSchema, listConnectChoices } from './launch/list-connect-choices.ts';
export { listShop, type ShopView } from './launch/list-shop.ts';
export { SetFavoriteComputerInputSchema, setFavoriteComputer } from './launch/set-favorite-computer.ts';
export {
  AcceptTermsInputSchema,
  acceptTerms,
  listTerms,
  PublishTermsInputSchema,
  publishTerms,
  readTerms,
} from './launch/terms.ts';
export { type EarlierLaunch, viewEarlierLaunch } from './launch/view-earlier-launch.ts';
export { type LaunchView, viewLaunch } from './launch/view-launch.ts';
export {
  type ApiTokenRow,
  CreateApiTokenInputSchema,
  createApiToken,
  type LatestCall,
  listApiTokens,
  listOwnApiTokens,
  RevokeApiTokenInputSchema,
  readTokenUse,
  revokeApiToken,
} from './people/api-tokens.ts';
export { changePerson, setPersonDisabled } from './people/change-person.ts';
export { createPerson } from './people/create-person.ts';
export { changeGroupMembers, createGroup, deleteGroup, getGroup, listGroups, renameGroup } from './people/groups.ts';
export { listPeople } from './people/list-people.ts';
export {
  ChangeMasterPasswordInputSchema,
  changeMasterPassword,
  SetMasterPasswordInputSchema,
  setMasterPassword,
} from './people/master-password.ts';
export { listNotices, type NoticeRow, SeeNoticeInputSchema, seeNotice } from './people/notices.ts';
export { IdentitySchema, PersonFieldsSchema } from './people/person-fields.ts';
export {
  findWaitingReset,
  ResetMasterPasswordInputSchema,
  resetMasterPassword,
  setMasterPasswordByLink,
  UseMasterPasswordLinkInputSchema,
} from './people/reset-master-password.ts';
export { listLogins, revokeLogin } from './people/revoke-login.ts';
export { sessionCookieName } from './people/session-cookie.ts';
export { changeOwnPassword, setPassword } from './people/set-password.ts';
export { setUpInstallation } from './people/set-up.ts';
export { signIn } from './people/sign-in.ts';
export { whoIs } from './people/who-is.ts';
export { lock, UnlockInputSchema, unlock, type VaultState, vaultState } from './vault/unlock.ts';
export { readUnlockCookie, unlockCookieName, unlockCookieOptions } from './vault/unlock-cookie.ts';
