import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_NAME, type Installation } from './node-red';
import { ROOT } from '../root';

const NPM_FLAGS = ['--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=2', '--fetch-timeout=30000'];

function npm(folder: string, args: readonly string[]): string {
  const command = `npm ${args.join(' ')}`;
  const { status, stdout, stderr } = spawnSync('npm', [...args, ...NPM_FLAGS], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: undefined },
  });
  if (status === 0) return stdout;
  throw new Error(
    `"${command}" failed in ${folder}; this test installs from the npm registry, so check that it can be reached.\n${stderr.slice(-2000)}`,
  );
}

/**
 * Installs what `npm pack` makes of this project, as built in dist/, beside other packages into a folder, as a person
 * does with a user folder of Node-RED.
 * @param packages names with versions, as `npm install` takes them
 * @throws Error with what npm said when it could not
 */
export function installPackage(folder: string, packages: readonly string[]): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
  npm(folder, ['install', '--omit=dev', packPackage(folder), ...packages]);
}

/** Makes of this project, as built in dist/, what would be published; gives the path of the tarball in a folder. */
export function packPackage(folder: string): string {
  return packFrom(ROOT, folder);
}

/** Makes of a package that this project has installed the tarball that its author published. */
export function packDependency(name: string, folder: string): string {
  return packFrom(join(ROOT, 'node_modules', name), folder);
}

function packFrom(source: string, folder: string): string {
  // Building again would take the files away from under everybody else who runs them.
  const said = npm(source, ['pack', '--ignore-scripts', '--pack-destination', folder]);
  const [tarball = ''] = said.trim().split('\n').slice(-1);
  return join(folder, tarball);
}

/** Installs packages into a folder as they come, without a `package.json` that was there before. */
export function installInto(folder: string, packages: readonly string[]): void {
  npm(folder, ['install', '--omit=dev', '--no-package-lock', ...packages]);
}

/** Takes a package out of a folder again. */
export function uninstallFrom(folder: string, name: string): void {
  npm(folder, ['uninstall', '--no-package-lock', name]);
}

/** The version of a package that was installed into a folder. */
export function installedVersion(folder: string, name = PACKAGE_NAME): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}

/** Node-RED and Node.js as they were installed into a folder, from the npm packages `node-red` and `node`. */
export function installationIn(folder: string): Installation {
  const modules = join(folder, 'node_modules');
  return { node: join(modules, 'node/bin/node'), program: join(modules, 'node-red/red.js') };
}
