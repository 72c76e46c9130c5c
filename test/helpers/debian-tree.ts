import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { onPath } from '../../scripts/debian-package.ts';
import { root } from './child.ts';

/** A Debian of its own, in a folder, in which commands run as in a container: with processes and mounts that nobody else sees. */
export interface DebianTree extends AsyncDisposable {
  readonly path: string;
  /** Runs a command to its end. */
  run(command: readonly string[], options?: InTree): Promise<Ended>;
  /** Starts a command; what still runs when the tree is closed is killed, with all that it has started. */
  start(command: readonly string[], options?: InTree): Started;
}

/** How a command ended, and what it printed. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** Sends a signal to the command, which is the init of its processes: when it ends, they all do. */
  kill(signal: NodeJS.Signals): void;
}

export interface InTree {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** `uid:gid`; root by default. */
  readonly user?: string;
  /** Nothing can be written but /tmp, which is empty, and these folders of the tree. */
  readonly readOnlyBut?: readonly string[];
  /** Options of the mount of /proc. */
  readonly proc?: string;
}

const trees = join(root, 'node_modules/.cache/trees');
const suite = 'trixie';

/** The smallest Debian, with what the base image has beside it: `node` has Node.js and npm. */
export async function aDebianTree(withNode?: 'node'): Promise<DebianTree> {
  const base = await theDebian();
  const tree = await copyOf(base);
  if (withNode !== undefined) await addNode(tree.path);
  return tree;
}

/** Made once, by debootstrap, from Debian's mirror, whoever asks at the same time. Services do not start where they are installed. */
async function theDebian(): Promise<string> {
  if ((await onPath('debootstrap')) === undefined)
    throw new Error('debootstrap is missing: apt-get install debootstrap');
  await mkdir(trees, { recursive: true });
  const made = join(trees, suite);
  const script = [
    `if [ -d ${suite} ]; then exit; fi`,
    'rm -rf unfinished',
    `debootstrap --variant=minbase ${suite} unfinished http://deb.debian.org/debian`,
    'printf "#!/bin/sh\nexit 101\n" > unfinished/usr/sbin/policy-rc.d',
    'chmod 755 unfinished/usr/sbin/policy-rc.d',
    `mv unfinished ${suite}`,
  ];
  await promisify(execFile)('flock', ['lock', 'sh', '-e', '-c', script.join('\n')], { cwd: trees });
  return made;
}

/** The Node.js of this repository, and the npm that runs the tests, where the images of Node.js have them. */
async function addNode(tree: string): Promise<void> {
  await cp(join(root, 'node_modules/node/bin/node'), join(tree, 'usr/local/bin/node'), { dereference: true });
  const npm = await realpath((await onPath('npm')) ?? '');
  await cp(dirname(dirname(npm)), join(tree, 'usr/local/lib/node_modules/npm'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(tree, 'usr/local/bin/npm'));
  await symlink('../lib/node_modules/npm/bin/npx-cli.js', join(tree, 'usr/local/bin/npx'));
}

async function copyOf(path: string): Promise<DebianTree> {
  const copy = await mkdtemp(join(trees, 'copy-'));
  await chmod(copy, 0o755);
  await promisify(execFile)('cp', ['--archive', '--reflink=auto', `${path}/.`, copy]);
  // It reaches what this machine reaches.
  for (const name of ['resolv.conf', 'hosts']) await writeFile(join(copy, 'etc', name), await readFile(`/etc/${name}`));
  return treeAt(copy);
}

function treeAt(path: string): DebianTree {
  const running = new Set<Started>();
  const start: DebianTree['start'] = (command, options) => {
    const [program, args] = insideOf(path, command, options);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const started = { ended: endOf(child).finally(() => running.delete(started)), kill: killerOf(child) };
    running.add(started);
    return started;
  };
  return {
    path,
    start,
    run: (command, options) => start(command, options).ended,
    async [Symbol.asyncDispose]() {
      for (const { kill } of running) kill('SIGKILL');
      await Promise.all([...running].map(({ ended }) => ended));
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** The child itself only waits for the init of the namespaces. */
function killerOf(child: ChildProcess): Started['kill'] {
  return (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const [init] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    if (init) process.kill(Number(init), signal);
    else child.kill(signal);
  };
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text) => {
      printed[name] += text;
    });
  const [status] = await once(child, 'close');
  return { status, ...printed };
}

/** In namespaces of its own, so that every mount and every process ends with the command, whose exit code is that of the whole. */
function insideOf(
  tree: string,
  command: readonly string[],
  { cwd = '/', env = {}, user = '0:0', readOnlyBut, proc = 'rw' }: InTree = {},
): [string, readonly string[]] {
  const isReadOnly = readOnlyBut !== undefined;
  const script = [
    'set -e',
    'mount --bind "$TREE" "$TREE"',
    'mount --rbind /dev "$TREE/dev"',
    `mount -t proc -o ${proc} proc "$TREE/proc"`,
    ...(readOnlyBut ?? []).map((folder) => `mount --bind "$TREE${folder}" "$TREE${folder}"`),
    ...(isReadOnly ? ['mount -o remount,bind,ro "$TREE"', 'mount -t tmpfs -o mode=1777 tmpfs "$TREE/tmp"'] : []),
    'exec chroot --userspec="$OWNER" "$TREE" sh -c \'cd "$0" && exec "$@"\' "$@"',
  ];
  const variables = Object.entries({ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env });
  const inside = ['env', '-i', ...variables.map(([name, value]) => `${name}=${value}`), ...command];
  const own = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--propagation', 'private'];
  const outside = [`TREE=${tree}`, `OWNER=${user}`, 'unshare', ...own, 'sh', '-c', script.join('\n'), 'sh'];
  return ['env', [...outside, cwd, ...inside]];
}
