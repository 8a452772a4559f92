// Programs of the system that the demo and the tests need. As root on Debian they are installed, and no service starts.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
let lastWords = '';
const chromiumPaths = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** What each purpose needs, the Debian packages that bring it, and whether it is there. */
export const needs = {
  sshd: { packages: ['openssh-server'], present: () => existsSync('/usr/sbin/sshd') },
  chromium: { packages: ['chromium-headless-shell'], present: () => chromiumPaths.some(existsSync) },
  compiler: {
    packages: ['g++', 'make', 'python3'],
    present: () => ssh2HasNativeCrypto() || (runs('g++') && runs('make') && runs('python3')),
  },
};

/** Installs what is missing, or prints the command that would. Answers whether everything is there afterwards. */
export function ensureSystemPackages(names) {
  const missing = names.filter((name) => !needs[name].present());
  if (missing.length === 0) return true;
  const packages = missing.flatMap((name) => needs[name].packages);
  const isDebian = existsSync('/usr/bin/apt-get');
  const install = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !isDebian) {
    console.log(
      `\nMissing on this machine: ${packages.join(', ')}. ${isDebian ? `Please run:\n  sudo ${install}\n` : ''}`,
    );
    return false;
  }
  console.log(`Installing ${packages.join(', ')} (no service will start) …`);
  const started = performance.now();
  const installed = aptInstall(packages) || (aptUpdate() && aptInstall(packages));
  if (!installed) console.log(`${lastWords}\nThat did not work. Please run:\n  apt-get update && ${install}`);
  else console.log(`Installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return installed && missing.every((name) => needs[name].present());
}

function aptInstall(packages) {
  return apt(['install', '-y', '-q', '--no-install-recommends', ...packages]);
}

function aptUpdate() {
  return apt(['update', '-q']);
}

// Debian asks policy-rc.d before it starts a service; 101 means no. Somebody's own one is left as it is. Ours goes again
// whatever happens, and one of us at a time installs, so that it does not go while another still needs it.
const aptWithoutServices = `
exec 9>/run/lock/sallyport-packages
flock 9
policy=/usr/sbin/policy-rc.d
mark='# Placed by Sallyport while it installs packages.'
if grep -qsF "$mark" "$policy" || [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\n%s\\nexit 101\\n' "$mark" >"$policy"
  chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=300 "$@"
`;

function apt(args) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', aptWithoutServices, 'apt', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  lastWords = `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n');
  return status === 0;
}

function runs(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Without its native part ssh2 works all the same, with AES-GCM at a quarter of the speed. */
export function ssh2HasNativeCrypto() {
  try {
    require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}
