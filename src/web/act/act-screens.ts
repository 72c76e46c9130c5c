import type { ActScreen } from './act-screen.ts';
import { approveScreen } from './approve.tsx';
import { dropScreen, replayScreen } from './letters.tsx';
import { pauseListenerScreen, pauseScreen, resumeListenerScreen, resumeScreen } from './pause.tsx';
import { rewindScreen } from './rewind.tsx';

/** All screens with which an operator acts. */
export const actScreens: readonly ActScreen[] = [
  approveScreen,
  replayScreen,
  dropScreen,
  pauseScreen,
  resumeScreen,
  pauseListenerScreen,
  resumeListenerScreen,
  rewindScreen,
];
