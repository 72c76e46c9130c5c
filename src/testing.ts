/**
 * `cronsync/testing`: the rules for every adapter, as checks for any test runner. The built-in adapters pass the same checks.
 * And what becomes of records, for tests of a `map` and a `transform`.
 */
export type { Check } from './testing/check.ts';
export { type AdapterSubject, adapterChecks, type RegisterTest, testAdapter } from './testing/checks.ts';
export { openTestContext, type TestContext } from './testing/context.ts';
export { type MapOptions, type MappedRecords, mapRecords } from './testing/map-records.ts';
export { type PassRead, readPass } from './testing/read-pass.ts';
export { openRecording } from './testing/recording.ts';
export {
  openScriptedThirdParty,
  type ScriptedThirdParty,
  type ServeThirdParty,
  type ThirdPartyAnswer,
  type ThirdPartyFault,
  type ThirdPartyHit,
  type ThirdPartyState,
} from './testing/third-party.ts';
export type { WalkOptions } from './testing/walk.ts';
