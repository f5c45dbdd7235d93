import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { recorderOnly } from '../frames/recording';
import { NodeRedAdmin } from './node-red-admin';
import { EditorChannel } from './node-red-channel';
import { freePort } from '../servers/ports';
import { startProcess, type RunningProcess } from '../servers/processes';
import { ROOT } from '../root';
import { removeFolder, temporaryFolder } from '../temporary-folder';
import { waitFor } from '../wait';

export const PACKAGE_NAME = '@pm500/node-red-powermonitor';
/** What the widgets of this package are parts of. */
export const DASHBOARD = '@flowfuse/node-red-dashboard';

/** A Node-RED other than the one this project depends on, and the program that runs it. */
export interface Installation {
  /** The Node.js program. */
  readonly node: string;
  /** Its `red.js`. */
  readonly program: string;
}

export interface NodeRedOptions {
  /** A temporary folder where absent. */
  readonly userDir?: string;
  /** 0, the default, for one that the system chooses. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Where given, nothing is linked into `userDir`: it has the package installed already. */
  readonly installation?: Installation;
  /** True where `userDir` does not have the package, not yet or no longer. */
  readonly isWithoutPackage?: true;
  /** Packages of other people that are installed too; this project depends on them for development. */
  readonly otherPackages?: readonly string[];
  /** Who may do what, as settings.js has it; whoever is not logged in must at least be allowed to read nodes. */
  readonly adminAuth?: object;
  /** Where the editor and its admin API are; `/` where absent. */
  readonly httpAdminRoot?: string;
  /** Further properties of settings.js. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A real Node-RED as a child process, with this package (as built in dist/) installed into its user folder. */
export interface NodeRed {
  readonly port: number;
  /** The editor. */
  readonly url: string;
  readonly userDir: string;
  readonly process: RunningProcess;
  /** The admin API: deploy flows, list nodes, inject. */
  readonly admin: NodeRedAdmin;
  /** What an open editor would see: statuses and debug messages. */
  readonly channel: EditorChannel;
  /** Lines that the runtime and its nodes logged as errors. */
  errors(): readonly string[];
  /** Ends it; a user folder that was given stays. */
  stop(): Promise<void>;
}

function settings(userDir: string, port: number, options: NodeRedOptions): string {
  const { adminAuth, httpAdminRoot } = options;
  const values = {
    uiHost: '127.0.0.1',
    uiPort: port,
    ...(adminAuth === undefined ? {} : { adminAuth }),
    ...(httpAdminRoot === undefined ? {} : { httpAdminRoot }),
    userDir,
    flowFile: 'flows.json',
    credentialSecret: 'a secret of this run only',
    // Debug messages carry whole messages, so that whoever watches the channel sees what the flow saw.
    debugMaxLength: 1_000_000,
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
    editorTheme: { projects: { enabled: false }, tours: false },
    // Else its log and the statuses are in the language of whoever runs it.
    lang: 'en-US',
    logging: { console: { level: 'info', metrics: false, audit: false } },
    ...options.settings,
  };
  // The channel closes when the process that started this one is gone, however it ended.
  return `process.on('disconnect', () => process.exit(0));\nmodule.exports = ${JSON.stringify(values, null, 2)};\n`;
}

/** What `npm install` of a folder does: a link in node_modules. */
function linkPackage(userDir: string, name = PACKAGE_NAME): void {
  const link = join(userDir, 'node_modules', name);
  const folder = name === PACKAGE_NAME ? ROOT : join(ROOT, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  // A user folder that was used before has it.
  if (!existsSync(link)) symlinkSync(folder, link, 'junction');
  const manifest = { name: 'node-red-project', version: '0.0.1', private: true, dependencies: { [PACKAGE_NAME]: '*' } };
  writeFileSync(join(userDir, 'package.json'), JSON.stringify(manifest));
}

/** The path of the `red.js` of the Node-RED that this project depends on. */
export function nodeRedProgram(): string {
  return join(dirname(createRequire(__filename).resolve('node-red/package.json')), 'red.js');
}

/** @throws Error when Node-RED could not load a node of this package, most likely because it was not built */
async function checkLoaded(admin: NodeRedAdmin): Promise<void> {
  const own = (await admin.nodes()).filter((set) => set.module === PACKAGE_NAME);
  const failed = own.filter(({ err }) => err !== undefined);
  if (own.length > 0 && failed.length === 0) return;
  const which = failed.map(({ name, err }) => `${name} (${JSON.stringify(err)})`).join(', ');
  throw new Error(`Node-RED could not load ${which || PACKAGE_NAME}; run "npm run build" first.`);
}

export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRed> {
  const userDir = options.userDir ?? temporaryFolder('node-red');
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const root = options.httpAdminRoot ?? '/';
  const url = `http://127.0.0.1:${port}${root}`;
  mkdirSync(userDir, { recursive: true });
  const { node, program } = options.installation ?? { node: process.execPath, program: nodeRedProgram() };
  if (options.installation === undefined) linkPackage(userDir);
  for (const name of options.otherPackages ?? []) linkPackage(userDir, name);
  const settingsFile = join(userDir, 'settings.js');
  writeFileSync(settingsFile, settings(userDir, port, options));
  const running = await startProcess({
    name: 'Node-RED',
    command: node,
    args: [program, '--settings', settingsFile, '--userDir', userDir],
    cwd: userDir,
    env: { NODE_OPTIONS: recorderOnly(), NODE_RED_DISABLE_TELEMETRY: '1', ...options.env },
    channel: true,
    ready: (output) => /Started flows|Flows sind gestartet/.test(output),
    readyTimeoutMs: 60_000,
  });
  try {
    if (options.isWithoutPackage !== true) await checkLoaded(new NodeRedAdmin(url));
  } catch (thrown) {
    await running.stop();
    throw thrown;
  }
  const channel = await EditorChannel.open(port, root);
  // What it keeps for whoever comes: after this all that is told is new.
  await waitFor('the channel of the editor', () => channel.deployments > 0);
  return {
    port,
    url,
    userDir,
    process: running,
    admin: new NodeRedAdmin(url, channel),
    channel,
    errors: () =>
      running
        .output()
        .split('\n')
        .filter((line) => /\[error\]|\[fatal\]|Error loading|uncaught/i.test(line)),
    stop: async () => {
      channel.close();
      await running.stop();
      if (options.userDir === undefined) removeFolder(userDir);
    },
  };
}
