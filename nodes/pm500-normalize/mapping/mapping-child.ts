import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';
import { toPm500Error } from '../../../src/support/errors';
import { HEAP_MB, type FromMappingProcess, type ToMapping } from './mapping-protocol';

/** What the process of mappings needs of the environment: how it runs and how it writes times, and nothing secret. */
const NEEDED_VARIABLES = ['TZ', 'LANG', 'LC_ALL', 'SystemRoot', 'windir'];

export interface MappingChild {
  send(message: ToMapping): void;
  /** Ends it at once, whatever it does. */
  end(): void;
}

export interface MappingChildListener {
  onMessage(message: FromMappingProcess): void;
  /** Called once. */
  onEnd(reason: string): void;
}

/** Starts a process for mappings. @param library the module that prepares JSONata */
export type StartMappingChild = (library: string, listener: MappingChildListener) => MappingChild;

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const name of NEEDED_VARIABLES) if (process.env[name] !== undefined) env[name] = process.env[name];
  // Inside Electron the same program is no Node.js without this.
  if ('electron' in process.versions) env['ELECTRON_RUN_AS_NODE'] = '1';
  return env;
}

function startProcess(library: string): ChildProcess {
  const kind = extname(__filename);
  // From the sources, as tests run them, the loader of this process is needed there too.
  const loader = kind === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  return fork(join(__dirname, `mapping-process${kind}`), [library], {
    env: environment(),
    execArgv: [...loader, `--max-old-space-size=${HEAP_MB}`],
    serialization: 'advanced',
    // What V8 prints when memory runs out is no news for Node-RED's log: the message that caused it is told of.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

export const startMappingChild: StartMappingChild = (library, listener) => {
  let hasEnded = false;
  const finish = (reason: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    listener.onEnd(reason);
  };
  let child: ChildProcess;
  try {
    child = startProcess(library);
  } catch (thrown) {
    // A policy of the host, or of Node.js, may forbid processes.
    setImmediate(finish, toPm500Error(thrown).message);
    return { send: () => undefined, end: () => undefined };
  }
  child.on('message', (message) => {
    if (!hasEnded) listener.onMessage(message as unknown as FromMappingProcess);
  });
  child.on('error', (error) => {
    child.kill('SIGKILL');
    finish(error.message);
  });
  child.on('exit', (code, signal) => {
    finish(signal === null ? `it ended with code ${String(code)}` : `it was ended by ${signal}`);
  });
  // Messages that wait keep Node-RED alive, not a process that has nothing to do.
  child.unref();
  child.channel?.unref();
  return {
    send: (message) => {
      child.send(message, (error) => {
        // The end of the process is told by itself.
        if (error !== null) child.kill('SIGKILL');
      });
    },
    end: () => {
      child.kill('SIGKILL');
    },
  };
};
