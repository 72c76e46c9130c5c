#!/usr/bin/env node
// This is old JavaScript on purpose: an old Node must be able to read this file and report in one line that it is too old.
var fs = require('fs');
var path = require('path');

var version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 18)) {
  process.stderr.write(
    'cronsync needs Node.js 22.18 or newer; this is ' + process.versions.node + ' (' + process.execPath + '); nothing was done\n' +
      'hint: Put a newer Node.js first into PATH, or add one to the project: npm i node@24, then npx cronsync.\n'
  );
  process.exit(78);
}
// Node 22 warns that its SQLite is experimental, and cron would mail this warning every minute.
var emitWarning = process.emitWarning;
process.emitWarning = function (warning) {
  if (String(warning).indexOf('SQLite is an experimental feature') < 0) emitWarning.apply(process, arguments);
};
keepCompiled();
require('../dist/cli.cjs');

/**
 * Keeps compiled code for the next start. What is in that folder runs as this user, so it must be a folder that nobody else
 * can write: by default Node shares one in the temporary folder. Node uses NODE_COMPILE_CACHE by itself.
 */
function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE) return;
  var enable = require('module').enableCompileCache;
  // Windows gives each user a temporary folder.
  if (!process.geteuid) return enable();
  var user = process.geteuid();
  var folders = [cacheHome(), path.join(process.env.TMPDIR || '/tmp', 'cronsync-' + user)];
  for (var at = 0; at < folders.length; at += 1) {
    if (folders[at] && isPrivate(folders[at], user)) return enable(folders[at]);
  }
}

/** Only in a home that is there: it may be one that this user cannot have. */
function cacheHome() {
  var home = process.env.HOME;
  if (process.env.XDG_CACHE_HOME) return path.join(process.env.XDG_CACHE_HOME, 'cronsync');
  return home && fs.existsSync(home) ? path.join(home, '.cache', 'cronsync') : undefined;
}

/** Makes the folder if it is missing. Nobody else may enter it, or replace a folder on the way to it. */
function isPrivate(folder, user) {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 448 }); // 0700
    var found = fs.lstatSync(folder);
    if (!found.isDirectory() || found.uid !== user || found.mode & 63) return false; // 0077
    var real = fs.realpathSync(folder);
    do {
      real = path.dirname(real);
      if (!isOurs(fs.lstatSync(real), user)) return false;
    } while (real !== path.dirname(real));
    return true;
  } catch (error) {
    return false;
  }
}

/** Where others can write, the sticky bit keeps them from replacing what is not theirs. */
function isOurs(found, user) {
  return (found.uid === user || found.uid === 0) && (!(found.mode & 18) || Boolean(found.mode & 512)); // 0022, 01000
}
