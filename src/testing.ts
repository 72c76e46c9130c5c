/**
 * `cronsync/testing`: what every adapter keeps to, as checks for any test runner. The built-in adapters pass the same ones.
 */
export { type AdapterSubject, adapterChecks, type Check, type RegisterTest, testAdapter } from './testing/checks.ts';
export { openTestContext, type TestContext } from './testing/context.ts';
export {
  openScriptedParty,
  type PartyAnswer,
  type PartyFault,
  type PartyHit,
  type PartyState,
  type ScriptedParty,
  type ServeParty,
} from './testing/party.ts';
export { type PassRead, readPass } from './testing/read-pass.ts';
export { openRecording } from './testing/recording.ts';
export type { WalkOptions } from './testing/walk.ts';
