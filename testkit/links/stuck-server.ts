import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const PROGRAM = `
const server = require('node:net').createServer((socket) => socket.destroy());
server.listen({ port: Number(process.argv[1]), host: '127.0.0.1', backlog: 1 }, () => {
  process.stdout.write(String(server.address().port) + '\\n');
});`;
/** More than the system keeps of a backlog of one. */
const ENOUGH = 4;

/**
 * A TCP port that is there and answers nothing, as one behind a firewall that drops: its process stands still, and what the
 * system accepts for it is used up.
 */
export class StuckServer {
  private constructor(
    readonly port: number,
    private readonly program: ChildProcess,
    private readonly sockets: readonly Socket[],
  ) {}

  static async open(port = 0): Promise<StuckServer> {
    const program = spawn(process.execPath, ['-e', PROGRAM, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const chosen = Number(line.toString());
    program.kill('SIGSTOP');
    const sockets = Array.from({ length: ENOUGH }, () => {
      const socket = connect(chosen, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    });
    // The backlog is full once two of them stand.
    await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, 'connect')));
    return new StuckServer(chosen, program, sockets);
  }

  /** It goes on: whoever knocks again, as a SYN without an answer does after a second, is let in, and ended at once. */
  goOn(): void {
    for (const socket of this.sockets) socket.destroy();
    this.program.kill('SIGCONT');
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.program.kill('SIGKILL');
    await once(this.program, 'exit');
  }
}
