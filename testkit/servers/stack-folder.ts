import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { freePortRange } from './ports';
import { runScript, type Ended, type ShellOptions } from './shell';
import { ROOT } from '../root';
import { removeFolder, temporaryFolder } from '../temporary-folder';

const BOOTSTRAP = join(ROOT, 'deploy/compose/bootstrap.sh');
const PORTS = ['NODE_RED_PORT', 'MQTT_PORT', 'INFLUX_PORT', 'GRAFANA_PORT', 'METRICS_PORT', 'ALERTMANAGER_PORT'];

export const isRoot = process.getuid?.() === 0;

/** What deploy/compose/bootstrap.sh makes, in a folder of its own and with ports that are free. */
export class StackFolder {
  private constructor(
    readonly folder: string,
    /** By name, as .env has them at first. */
    readonly ports: Readonly<Record<string, string>>,
  ) {}

  static async create(folder = temporaryFolder('stack')): Promise<StackFolder> {
    const first = await freePortRange(PORTS.length);
    // Others than root get in, too.
    chmodSync(folder, 0o755);
    return new StackFolder(folder, Object.fromEntries(PORTS.map((name, index) => [name, String(first + index)])));
  }

  bootstrap(args: readonly string[] = [], options: Omit<ShellOptions, 'args'> = {}): Promise<Ended> {
    return runScript(BOOTSTRAP, {
      ...options,
      args,
      env: { ...this.ports, PM500_COMPOSE_FOLDER: this.folder, ...options.env },
    });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  secret(name: string): string {
    return this.read(`secrets/${name}`).trim();
  }

  /** Every file that was made: its path, and what it holds with its rights and its time. */
  files(): ReadonlyMap<string, string> {
    const names = readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return new Map(
      names.sort().map((path) => {
        const { mode, uid, mtimeMs } = statSync(path);
        return [
          path.slice(this.folder.length + 1),
          `${mode.toString(8)} ${uid} ${mtimeMs} ${readFileSync(path, 'utf8')}`,
        ];
      }),
    );
  }

  /**
   * The folder that Compose mounts together for the broker, from the very files; only the address to listen on differs.
   * @returns the folder to start it in
   */
  brokerFolder(port: number): string {
    const folder = this.path('broker');
    for (const name of ['', 'config', 'data']) mkdirSync(join(folder, name), { recursive: true });
    const files = [
      'secrets/mosquitto.passwd',
      'secrets/mosquitto.crt',
      'secrets/mosquitto.key',
      'generated/mosquitto.acl',
    ];
    for (const file of files) copyFileSync(this.path(file), join(folder, 'config', file.split('/').at(-1) ?? ''));
    const configuration = this.read('generated/mosquitto.conf');
    writeFileSync(
      join(folder, 'config/mosquitto.conf'),
      configuration.replace('listener 8883', `listener ${port} 127.0.0.1`),
    );
    const { uid, gid } = statSync(this.path('secrets/mosquitto.key'));
    for (const name of ['', 'config', 'data', ...readdirSync(join(folder, 'config')).map((file) => `config/${file}`)])
      if (isRoot) chownSync(join(folder, name), uid, gid);
    return folder;
  }

  remove(): void {
    removeFolder(this.folder);
  }
}
