import * as deliveries from './provoke/deliveries.ts';
import * as passes from './provoke/passes.ts';
import * as runs from './provoke/runs.ts';
import * as stores from './provoke/stores.ts';
import * as thirdParty from './provoke/third-party.ts';
import type { Situation } from './situation.ts';

const inTime = { verdict: 'in-step', problem: null } as const;
/** It takes another clock, or many processes. */
const slow = { isSlow: true, needs: 'linux' } as const;
const check = 'cronsync check';

/** What an operator may find, and what each reader must say of it. */
export const situations: readonly Situation[] = [
  { name: 'healthy', provoke: passes.healthy, ...inTime },
  { name: 'first load', provoke: passes.firstLoad, verdict: 'catching-up', problem: null },
  { name: 'partial pass', provoke: passes.partialPass, ...inTime },
  { name: 'Redis down', provoke: stores.redisDown, verdict: 'unknown', problem: 'redis-away', next: check },
  { name: 'database down', provoke: stores.databaseDown, verdict: 'unknown', problem: 'database-away', next: check },
  {
    name: 'both down',
    ...{ provoke: stores.bothDown, isSlow: true },
    ...{ verdict: 'unknown', problem: 'stores-away', next: check },
  },
  {
    name: 'third party answers 503 for an hour',
    ...{ provoke: thirdParty.refusesForAnHour, ...slow },
    ...{ verdict: 'behind', problem: 'third-party-refuses', next: 'cronsync run --dry-run' },
  },
  {
    name: 'token expired',
    ...{ provoke: thirdParty.tokenExpired, ...slow },
    ...{ verdict: 'behind', problem: 'credentials-refused', next: 'cronsync run --dry-run' },
  },
  {
    name: 'guard held',
    provoke: passes.guardHeld,
    ...{ verdict: 'held', problem: 'deletions-held', next: /--allow-mass-delete=10/ },
  },
  {
    name: 'killed every minute',
    ...{ provoke: runs.killedEveryMinute, ...slow },
    ...{ verdict: 'behind', problem: 'runs-killed', next: 'cronsync run --log-level debug' },
  },
  {
    name: 'cron missing',
    ...{ provoke: runs.cronMissing, ...slow },
    ...{ verdict: 'behind', problem: 'cron-missing', next: 'cronsync run' },
  },
  {
    name: 'no daemon',
    ...{ provoke: deliveries.noDaemon, ...slow },
    ...{ verdict: 'delivering-late', problem: 'no-daemon', next: 'cronsync listen' },
  },
  {
    name: 'a daemon with a poison event',
    ...{ provoke: deliveries.poisonEvent, ...slow },
    ...{ verdict: 'delivering-late', problem: 'poison-event', next: 'cronsync dead list --listener poisoned' },
  },
  {
    name: 'listener off',
    provoke: deliveries.listenerOff,
    ...{ verdict: 'delivering-late', problem: 'listener-off', next: 'cronsync listener drop notify' },
  },
  {
    name: 'drift',
    provoke: passes.drift,
    ...{ verdict: 'doubtful', problem: 'drift', next: 'cronsync verify --resource customers --repair' },
  },
  {
    name: 'incomplete listing',
    provoke: passes.incompleteListing,
    ...{ verdict: 'doubtful', problem: 'listing-incomplete', next: 'cronsync run --dry-run' },
  },
  { name: 'paused', provoke: runs.paused, verdict: 'paused', problem: 'sync-paused', next: 'cronsync resume' },
  {
    name: 'starved of slots',
    ...{ provoke: runs.starved, ...slow },
    ...{ verdict: 'behind', problem: 'no-slots', next: 'cronsync status' },
  },
  {
    name: 'disk full',
    ...{ provoke: stores.diskFull, needs: 'root' },
    ...{ verdict: 'unknown', problem: 'disk-full', next: check },
  },
  {
    name: 'clock an hour off',
    ...{ provoke: stores.clockOff, ...slow },
    ...{ verdict: 'in-step', problem: 'clock-off', next: check },
  },
];
