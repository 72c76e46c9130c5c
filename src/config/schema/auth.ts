import * as v from 'valibot';
import { oauth2 } from './oauth2.ts';
import { closed } from './objects.ts';
import { text } from './scalars.ts';

/** How the requests to a third party are authenticated. */
export const auth = v.pipe(
  v.variant('type', [
    closed({ type: v.literal('none') }),
    closed({ type: v.literal('bearer'), token: text('The token, sent as `Authorization: Bearer …`.') }),
    closed({
      type: v.literal('basic'),
      username: text('The user name.'),
      password: v.pipe(v.string(), v.description('The password. It may be empty.')),
    }),
    closed({ type: v.literal('header'), name: text('The name of the header.'), value: text('The secret value.') }),
    closed({
      type: v.literal('query'),
      param: text('The name of the query parameter.'),
      value: text('The secret value.'),
    }),
    closed({
      type: v.literal('module'),
      module: text('A module that signs each request. Its default export returns the headers to add.'),
    }),
    oauth2,
  ]),
  v.description("The credentials. They are sent to the adapter's own origin only."),
);
