import { removeFolder } from '../temporary-folder';
import { startProcess, type ChildOptions, type RunningProcess } from './processes';

/** A server whose data outlive its process. */
export interface LastingServer {
  /** That of now. */
  readonly process: RunningProcess;
  /** Stops it as an outage would; its data and port stay. */
  halt(): Promise<void>;
  /** Ends it without giving it a chance to clean up. */
  kill(): Promise<void>;
  /** Starts it again after `halt` or `kill`. */
  resume(): Promise<void>;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
}

/** @param folder where its data are */
export async function startLastingServer(options: ChildOptions, folder: string): Promise<LastingServer> {
  let running = await startProcess(options);
  return {
    get process() {
      return running;
    },
    halt: () => running.stop(),
    kill: () => running.kill(),
    resume: async () => {
      running = await startProcess(options);
    },
    stop: async () => {
      await running.stop();
      removeFolder(folder);
    },
  };
}
