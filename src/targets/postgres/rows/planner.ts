/**
 * Makes the planner look many keys up by their index, all in one scan, and hash the result. A condition `= ANY (ARRAY (SELECT
 * …))` hides how many keys there are: if the planner knew that there are thousands, it would read the whole table in every
 * batch. But it then takes them for ten, and might join those with thousands of values one by one.
 */
export const byIndex =
  'SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off';

/** Ends that, for the statements in which triggers of the system run. */
export const asUsual =
  'SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT';
