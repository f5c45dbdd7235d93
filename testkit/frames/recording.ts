import { join } from 'node:path';

/** Environment variable: the folder that processes write their frames into. */
export const FRAMES_FOLDER = 'PM500_FRAMES';

const RECORDER = join(__dirname, 'frame-recorder.js');

/** What a process has to be started with so that it, and every process it starts, writes down what it sends. */
export function recordingEnvironment(folder: string): Record<string, string> {
  return { [FRAMES_FOLDER]: folder, NODE_OPTIONS: `--require=${RECORDER}` };
}

/** The `NODE_OPTIONS` of a process that shall have none but the recorder, where frames are recorded. */
export function recorderOnly(): string | undefined {
  const folder = process.env[FRAMES_FOLDER];
  return folder === undefined ? undefined : recordingEnvironment(folder)['NODE_OPTIONS'];
}
