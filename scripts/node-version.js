// Reports in one line that the repository's own Node is missing.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Node.js 22.18 or newer is needed, this is ${process.versions.node}: run "npm ci" first, which brings its own.\n`,
  );
  process.exit(78);
}
