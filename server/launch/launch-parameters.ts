import type { LaunchClaims } from '../../db/schema.ts';
import { isUuid } from '../ids.ts';
import { modes } from '../protocol/session-words.ts';

/** What `/start` must be sent, in the names of the product that this one can take the place of. */
export const launchFields = [
  'ComputerID',
  'IsPersonalCred',
  'ExternalCredentialCheckOutID',
  'LoginSessionID',
  'ApiUrl',
  'Mode',
  'ApiKey',
  'CredentialID',
  'ApiApplicationKey',
  'GUAC_WIDTH',
  'GUAC_HEIGHT',
  'GUAC_DPI',
] as const;
export type LaunchField = (typeof launchFields)[number];
export type LaunchForm = Record<LaunchField, string> & { PSM_Connection_Delay?: string };

/** A launch as it was sent, taken apart: claims to be proven, and the two keys, which are kept sealed. */
export type ParsedLaunch = { claims: LaunchClaims; apiKey: string; apiApplicationKey: string };

/** `missing` comes before `invalid`: a launch that lacks something is not looked at any further. */
export type LaunchProblem = 'missing_parameters' | 'invalid_parameters';

export const maxDelaySeconds = 600;
const maxGuac = 8192;
const maxTextLength = 4096;

/**
 * Reads the parameters of a launch. Pure, and before anybody is asked who they are. `apiUrls` are the origins that may
 * be named as ApiUrl; anything else would let a form choose whom the gateway tells a master password.
 */
export function parseLaunch(
  params: URLSearchParams,
  apiUrls: readonly string[],
): { ok: true; launch: ParsedLaunch } | { ok: false; problem: LaunchProblem } {
  const given = new Map(launchFields.map((name) => [name, params.get(name)]));
  if (launchFields.some((name) => isMissing(given.get(name)))) return { ok: false, problem: 'missing_parameters' };
  const launch = isRepeated(params) ? undefined : readForm((name) => given.get(name) ?? '', params, apiUrls);
  return launch ? { ok: true, launch } : { ok: false, problem: 'invalid_parameters' };
}

function readForm(
  get: (name: LaunchField) => string,
  params: URLSearchParams,
  apiUrls: readonly string[],
): ParsedLaunch | undefined {
  const computerId = wholeNumber(get('ComputerID'), 1, Number.MAX_SAFE_INTEGER);
  const isPersonalCred = boolean(get('IsPersonalCred'));
  const mode = modes.find((name) => name === get('Mode'));
  const apiUrl = apiUrls.find((origin) => origin === get('ApiUrl').replace(/\/$/, ''));
  const [width, height, dpi] = [get('GUAC_WIDTH'), get('GUAC_HEIGHT'), get('GUAC_DPI')].map((text) =>
    wholeNumber(text, 1, maxGuac),
  );
  const delaySeconds = wholeNumber(params.get('PSM_Connection_Delay') || '0', 0, maxDelaySeconds);
  const loginSessionId = guid(get('LoginSessionID'));
  const credentialId = guid(get('CredentialID'));
  const apiApplicationKey = guid(get('ApiApplicationKey'));
  const apiKey = token(get('ApiKey'));
  const checkOutId = token(get('ExternalCredentialCheckOutID'));
  if (computerId === undefined || isPersonalCred === undefined || !mode || !apiUrl) return undefined;
  if (width === undefined || height === undefined || dpi === undefined || delaySeconds === undefined) return undefined;
  if (!loginSessionId || !credentialId || !apiApplicationKey || !apiKey || !checkOutId) return undefined;
  const screen = { width, height, dpi, delaySeconds };
  const who = { loginSessionId, credentialId, checkOutId, isPersonalCred };
  return { claims: { computerId, mode, apiUrl, ...who, ...screen }, apiKey, apiApplicationKey };
}

// A script that puts a variable into a form without looking sends these words.
function isMissing(text: string | null | undefined): boolean {
  return text === null || text === undefined || /^\s*(null|undefined)?\s*$/i.test(text);
}

/** One name twice means that two readers may understand two different launches. */
function isRepeated(params: URLSearchParams): boolean {
  return [...launchFields, 'PSM_Connection_Delay'].some((name) => params.getAll(name).length > 1);
}

function wholeNumber(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

function boolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false' ? lower === 'true' : undefined;
}

function guid(text: string): string | undefined {
  const bare = /^\{(.*)\}$/.exec(text)?.[1] ?? text;
  return isUuid(bare) ? bare.toLowerCase() : undefined;
}

/** Goes into a header or a row as it is, so it is printable and has an end. */
function token(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text) && text.length <= maxTextLength ? text : undefined;
}
