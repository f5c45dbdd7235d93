import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { lookUpProgram } from '../testkit/servers/programs';

/** A server or browser that tests need: any one of its names will do. */
interface Requirement {
  readonly programs: readonly string[];
  /** Debian package, or several. */
  readonly debianPackage: string;
  readonly purpose: string;
}

const REQUIREMENTS: readonly Requirement[] = [
  { programs: ['mosquitto'], debianPackage: 'mosquitto', purpose: 'MQTT broker' },
  { programs: ['mosquitto_pub'], debianPackage: 'mosquitto-clients', purpose: 'MQTT client of a shell' },
  { programs: ['protoc'], debianPackage: 'protobuf-compiler', purpose: 'protobuf codec that is not ours' },
  {
    programs: ['victoria-metrics', 'victoria-metrics-prod'],
    debianPackage: 'victoria-metrics',
    purpose: 'database that takes line protocol',
  },
  { programs: ['vmalert', 'vmalert-prod'], debianPackage: 'victoria-metrics', purpose: 'evaluates alert rules' },
  { programs: ['promtool'], debianPackage: 'prometheus', purpose: 'tests alert rules over made-up series' },
  {
    programs: ['prometheus-alertmanager', 'alertmanager'],
    debianPackage: 'prometheus-alertmanager',
    purpose: 'tells people of alerts',
  },
  { programs: ['influxd'], debianPackage: 'influxdb', purpose: 'database that parses line protocol strictly' },
  { programs: ['python3'], debianPackage: 'python3-minimal', purpose: 'interpreter of the scripts of Telegraf' },
  {
    programs: ['softhsm2-util'],
    debianPackage: 'softhsm2 libengine-pkcs11-openssl',
    purpose: 'token that keeps keys, and how OpenSSL uses it',
  },
  { programs: ['shellcheck'], debianPackage: 'shellcheck', purpose: 'check of shell scripts' },
  { programs: ['systemd-analyze'], debianPackage: 'systemd', purpose: 'check of the units of systemd' },
  {
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    debianPackage: 'chromium',
    purpose: 'browser for the tests of the editor',
  },
];

/** While it stands, installing a package starts no service (Debian policy 9.3.3.1). */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

function missing(): readonly Requirement[] {
  return REQUIREMENTS.filter(({ programs }) => lookUpProgram(...programs) === undefined);
}

function run(command: string, args: readonly string[]): boolean {
  console.log(`$ ${command} ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio: 'inherit', env }).status === 0;
}

function install(packages: readonly string[]): void {
  const ownPolicy = !existsSync(SERVICE_POLICY);
  if (ownPolicy) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  } finally {
    if (ownPolicy) rmSync(SERVICE_POLICY, { force: true });
  }
}

/**
 * Makes sure that the servers and the browser of the tests are there: as root where apt-get exists, missing ones are
 * installed.
 * @throws Error naming exactly what to install
 */
export function setUp(): void {
  const packages = [...new Set(missing().flatMap(({ debianPackage }) => debianPackage.split(' ')))];
  if (packages.length === 0) return;
  if (process.getuid?.() === 0 && lookUpProgram('apt-get') !== undefined) install(packages);
  const still = missing();
  if (still.length === 0) return;
  const list = still.map(
    ({ programs, purpose, debianPackage }) =>
      `  ${programs.join(' or ')} (${purpose}): sudo apt-get install ${debianPackage}, or any other way that puts it on the PATH`,
  );
  throw new Error(`The tests need what is not installed here:\n${list.join('\n')}`);
}

if (require.main === module) setUp();
