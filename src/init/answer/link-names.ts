/** Names of the URL of the next page, without case and punctuation. */
export const nextUrlNames: ReadonlySet<string> = new Set([
  ...['next', 'nexturl', 'nextlink', 'nexthref', 'nextpage', 'nextpageurl', 'nextpagelink', 'nexturi', 'nextpageuri'],
  ...['odatanextlink', 'nextrecordsurl'],
]);

/** Names of a cursor in a body, without case and punctuation, and the parameters that take it. */
export const cursorParameters: ReadonlyMap<string, string> = new Map([
  ['nextcursor', 'cursor'],
  ['cursor', 'cursor'],
  ['nextpagetoken', 'page_token'],
  ['pagetoken', 'page_token'],
  ['nexttoken', 'next_token'],
  ['nextpage', 'page'],
  ['nextoffset', 'offset'],
  ['nextskip', 'skip'],
  ['nextstart', 'start'],
  ['next', 'cursor'],
  ['nextid', 'after'],
  ['nextkey', 'start_key'],
  ['endcursor', 'after'],
  ['aftercursor', 'after'],
  ['after', 'after'],
  ['nextafter', 'after'],
  ['continuation', 'continuation'],
  ['continuationtoken', 'continuationToken'],
  ['continue', 'continue'],
  ['bookmark', 'bookmark'],
  ['marker', 'marker'],
  ['nextmarker', 'marker'],
  ['scrollid', 'scroll_id'],
]);

/** Names of the flag that says whether more follows. */
export const moreNames: ReadonlySet<string> = new Set([
  'hasmore',
  'more',
  'hasnext',
  'hasnextpage',
  'hasmoreitems',
  'hasmoreresults',
]);
