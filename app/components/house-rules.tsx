'use client';

import { createContext, type ReactNode, useContext } from 'react';
import { settingDefinitions } from '#server/protocol/settings.ts';

/** What administrators set and forms tell people beforehand. */
export type HouseRules = {
  minPasswordLength: number;
  minMasterPasswordLength: number;
  unlockHours: number;
};

const byDefault: HouseRules = {
  minPasswordLength: settingDefinitions.minPasswordLength.byDefault,
  minMasterPasswordLength: settingDefinitions.minMasterPasswordLength.byDefault,
  unlockHours: settingDefinitions.unlockHours.byDefault,
};

const Rules = createContext(byDefault);

/** Tells the forms below it the rules of the house; without it they tell the defaults. */
export function HouseRulesProvider({ rules, children }: { rules: HouseRules; children: ReactNode }) {
  return <Rules value={rules}>{children}</Rules>;
}

export function useHouseRules(): HouseRules {
  return useContext(Rules);
}
