import { situations } from './table.ts';
import { testSituations } from './test-situations.ts';

testSituations(situations.filter(({ isSlow }) => isSlow));
