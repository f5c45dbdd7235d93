import { spawn } from 'node:child_process';

const INSIDE = 'PM500_FIELD_INSIDE';

/**
 * Runs a trial of the field in namespaces of its own: the file starts itself again inside them. Ends the process with the
 * code that the trial gives, and with 1 when it throws.
 * @param file of the trial
 * @param namespaces options of unshare(1)
 */
export function runInNamespaces(file: string, namespaces: readonly string[], trial: () => Promise<number>): void {
  const isInside = process.env[INSIDE] !== undefined;
  const start = (): Promise<number> => {
    const args = [...namespaces, process.execPath, '--require', 'tsx/cjs', file, ...process.argv.slice(2)];
    const inside = spawn('unshare', args, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
    return new Promise((resolve, reject) => {
      inside.once('error', reject);
      inside.once('exit', (code) => {
        resolve(code ?? 1);
      });
    });
  };
  void (isInside ? trial() : start()).then(
    (code) => {
      process.exitCode = code;
    },
    (thrown: unknown) => {
      console.error(thrown);
      process.exitCode = 1;
    },
  );
}
