import type { Screen } from '../screen.ts';
import { activityScreen } from './activity.tsx';
import { configScreen } from './config.tsx';
import { eventScreen } from './event.tsx';
import { eventsScreen } from './events.tsx';
import { listenerScreen } from './listener.tsx';
import { overviewScreen } from './overview.tsx';
import { recordScreen } from './record.tsx';
import { rejectScreen, rejectsScreen } from './rejects.tsx';
import { resourceScreen } from './resource.tsx';
import { runScreen } from './run.tsx';
import { runsScreen } from './runs.tsx';
import { swapScreen } from './swap.tsx';

/** All screens. */
export const screens: readonly Screen[] = [
  overviewScreen,
  runsScreen,
  runScreen,
  resourceScreen,
  listenerScreen,
  eventsScreen,
  eventScreen,
  recordScreen,
  rejectsScreen,
  rejectScreen,
  swapScreen,
  activityScreen,
  configScreen,
];
