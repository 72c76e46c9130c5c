#!/usr/bin/env node
// This is old JavaScript on purpose: an old Node must be able to read this file and report in one line that it is too old.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 18)) {
  process.stderr.write(
    'cronsync needs Node.js 22.18 or newer; this is ' + process.versions.node + ' (' + process.execPath + ').\n'
  );
  process.exit(78);
}
// Node 22 warns that its SQLite is experimental, and cron would mail this warning every minute.
var emitWarning = process.emitWarning;
process.emitWarning = function (warning) {
  if (String(warning).indexOf('SQLite is an experimental feature') < 0) emitWarning.apply(process, arguments);
};
require('node:module').enableCompileCache();
require('../dist/cli.cjs');
