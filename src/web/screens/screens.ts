import type { Screen } from '../screen.ts';
import { configScreen } from './config.tsx';
import { eventScreen } from './event.tsx';
import { eventsScreen } from './events.tsx';
import { recordScreen } from './record.tsx';
import { rejectScreen, rejectsScreen } from './rejects.tsx';

/** All screens. */
export const screens: readonly Screen[] = [
  eventsScreen,
  eventScreen,
  recordScreen,
  rejectsScreen,
  rejectScreen,
  configScreen,
];
