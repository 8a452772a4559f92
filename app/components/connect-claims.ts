/** What somebody chose in Advanced Mode. Moments are ISO 8601. */
export type AdvancedClaims = {
  credentialId: string;
  /** Of several rights under one policy; `null` is the standard level, and not said is any. */
  accessLevelId?: string | null;
  checkOutStartDate?: string | null;
  checkOutEndDate?: string | null;
  delaySeconds?: number | string;
};

/** What Connect claims; the server works all of it out again. */
export type ConnectClaims = { personId: string; policyId: string; computerGuid: string; advanced?: AdvancedClaims };

export function connectInput({ personId, policyId, computerGuid, advanced }: ConnectClaims) {
  const claims = {
    targetPersonGuid: personId,
    accessRequestPolicyId: policyId,
    targetComputerGuid: computerGuid,
    isAdvanceMode: advanced !== undefined,
  };
  if (!advanced) return claims;
  const { credentialId, accessLevelId, checkOutStartDate = null, checkOutEndDate = null, delaySeconds = 0 } = advanced;
  return {
    ...claims,
    ...(accessLevelId === undefined ? {} : { accessLevelId }),
    externalCredentialGuid: credentialId,
    checkOutStartDate,
    checkOutEndDate,
    connectionDelaySeconds: delaySeconds,
  };
}

const standardLevel = 'standard';

/** Where the terms are read, and what is connected to when they are accepted. */
export function termsPath({ policyId, computerGuid, advanced }: ConnectClaims): string {
  const params = new URLSearchParams({ computer: computerGuid, policy: policyId });
  if (advanced) {
    const { credentialId, accessLevelId, checkOutStartDate, checkOutEndDate, delaySeconds } = advanced;
    params.set('credential', credentialId);
    if (accessLevelId !== undefined) params.set('level', accessLevelId ?? standardLevel);
    if (checkOutStartDate) params.set('start', checkOutStartDate);
    if (checkOutEndDate) params.set('end', checkOutEndDate);
    if (delaySeconds) params.set('delay', String(delaySeconds));
  }
  return `/start/terms?${params}`;
}

type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The claims of an address that `termsPath` made; `undefined` when it names no computer or policy. */
export function claimsFromAddress(params: Params, personId: string): ConnectClaims | undefined {
  const one = (name: string) => {
    const value = params[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [computerGuid, policyId, credentialId] = [one('computer'), one('policy'), one('credential')];
  if (!computerGuid || !policyId) return undefined;
  const claims = { personId, policyId, computerGuid };
  if (!credentialId) return claims;
  const level = one('level');
  const advanced: AdvancedClaims = {
    credentialId,
    ...(level === undefined ? {} : { accessLevelId: level === standardLevel ? null : level }),
    checkOutStartDate: one('start') ?? null,
    checkOutEndDate: one('end') ?? null,
    delaySeconds: one('delay') ?? 0,
  };
  return { ...claims, advanced };
}
