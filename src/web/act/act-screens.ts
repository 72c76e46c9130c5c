import type { ActScreen } from './act-screen.ts';
import { dropScreen, replayScreen } from './letters.tsx';

/** All screens with which an operator acts. */
export const actScreens: readonly ActScreen[] = [replayScreen, dropScreen];
