// Brings a clone to where it can run: system programs, packages, build. Needs nothing but Node; does only what is missing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { alone } from './clone-lock.mjs';
import { ensureSystemPackages, ssh2HasNativeCrypto } from './system-packages.mjs';

process.chdir(path.resolve(import.meta.dirname, '..'));

const installStamp = 'node_modules/.sallyport-installed';
const buildStamp = '.build/built';
const sources = ['app', 'server', 'db', 'public'];
const settings = [
  'package-lock.json',
  'next.config.mjs',
  'instrumentation.ts',
  'postcss.config.mjs',
  'tsconfig.json',
  'scripts/build.mjs',
];

/** `system`: names from system-packages.mjs. `build: false` prepares the packages alone. */
export async function prepare({ system = [], build = true } = {}) {
  refuseOldNode();
  await alone(() => {
    if (!isInstalled()) {
      ensureSystemPackages([...system, 'compiler']);
      install();
    } else if (system.length > 0) {
      ensureSystemPackages(system);
    }
    if (build) buildIfNeeded();
  });
}

/** What `npm run dev` leaves in dist/ is not what was built. */
export function forgetBuild() {
  rmSync(buildStamp, { force: true });
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 11)) return;
  console.error(`Sallyport needs Node 20.11 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

function isInstalled() {
  const wanted = installHash();
  if (read(installStamp) === wanted) return true;
  if (!matchesLockFile()) return false;
  writeFileSync(installStamp, wanted);
  return true;
}

/** Native packages are built for one version of Node's interface. */
function installHash() {
  const { modules } = process.versions;
  return hashOf([`${process.platform} ${process.arch} ${modules}`, read('package-lock.json')]);
}

/** Whether somebody ran npm here already, with this lock file. */
function matchesLockFile() {
  const hidden = read('node_modules/.package-lock.json');
  if (!hidden || existsSync(installStamp)) return false;
  const wanted = JSON.parse(read('package-lock.json')).packages;
  const found = JSON.parse(hidden).packages;
  return Object.entries(wanted).every(
    ([name, { version, optional }]) => name === '' || found[name]?.version === version || (optional && !found[name]),
  );
}

function install() {
  step('Installing packages', () => {
    rmSync(installStamp, { force: true });
    // NODE_ENV=production would leave out what builds and tests.
    npm(['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']);
    writeFileSync(installStamp, installHash());
  });
  if (!ssh2HasNativeCrypto()) {
    console.log(
      'Note: the native part of ssh2 could not be built (it needs a C++ compiler and the headers of Node). It works without, with bulk output about four times slower.',
    );
  }
}

function buildIfNeeded() {
  const wanted = buildHash();
  const built = existsSync('dist/supervisor.js') && existsSync('.next/BUILD_ID');
  if (built && read(buildStamp) === wanted) return;
  step('Building', () => {
    forgetBuild();
    run(process.execPath, ['scripts/build.mjs']);
    mkdirSync(path.dirname(buildStamp), { recursive: true });
    writeFileSync(buildStamp, wanted);
  });
}

/** By content, because git gives files new times without changing them. */
function buildHash() {
  const files = sources.flatMap((folder) => (existsSync(folder) ? filesBelow(folder) : []));
  return hashOf([process.versions.modules, ...[...settings, ...files].map((file) => `${file}\0${read(file) ?? ''}`)]);
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, name))
    .filter((file) => !/\.test\.tsx?$|\.sql$|\/testing\//.test(file) && statSync(file).isFile())
    .sort();
}

function hashOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(String(part)).update('\0');
  return hash.digest('hex');
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function step(what, work) {
  const started = performance.now();
  console.log(`${what} …`);
  work();
  console.log(`${what}: done in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

/** The npm that runs us, where there is one: there may be several on the machine. */
function npm(args) {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js')) run(process.execPath, [own, ...args], nodeHeaders());
  else run('npm', args, nodeHeaders());
}

/** Node's own headers where they came with it, so that ssh2's native part is built without fetching them. */
function nodeHeaders() {
  const prefix = path.resolve(process.execPath, '..', '..');
  return existsSync(path.join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
}

/** Its output is shown only when it fails. */
function run(command, args, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, ...env, NEXT_TELEMETRY_DISABLED: '1' },
  });
  if (status === 0) return;
  console.error(`${stdout ?? ''}${stderr ?? ''}`.trim());
  console.error(`\n${error ? error.message : `${[command, ...args].join(' ')} failed (status ${status}).`}`);
  process.exit(1);
}
