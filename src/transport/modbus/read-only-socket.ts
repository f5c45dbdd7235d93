import { Socket } from 'node:net';
import { isRtuRead, isTcpRead, notARead } from './read-guard';

/** What the socket is given to send, one chunk of several. */
interface Chunk {
  readonly chunk: unknown;
  readonly encoding: BufferEncoding;
}

/** What the frames on a socket look like. */
export type Framing = 'tcp' | 'rtu';
const IS_READ = { tcp: isTcpRead, rtu: isRtuRead } as const;

/**
 * A TCP socket that lets nothing out but Modbus requests that read: the last stop before the operating system, since
 * `connect` of Node.js puts its own `write` back. What may not be sent ends the connection with an error event; nothing
 * is thrown, because the library writes from where an exception would be an unhandled rejection.
 */
export class ReadOnlySocket extends Socket {
  constructor(
    private readonly where: string,
    private readonly framing: Framing = 'tcp',
  ) {
    super();
  }

  /**
   * Starts to connect; events tell the outcome. Throws when host or port cannot be.
   * @param localPort absent: any
   */
  begin(host: string, port: number, localPort?: number): void {
    this.connect({ host, port, noDelay: true, ...(localPort === undefined ? {} : { localPort }) });
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.isAllowed(chunk)) super._write(chunk, encoding, done);
    else done(notARead(this.where));
  }

  override _writev(chunks: Chunk[], done: (error?: Error | null) => void): void {
    if (chunks.every(({ chunk }) => this.isAllowed(chunk))) super._writev?.(chunks, done);
    else done(notARead(this.where));
  }

  private isAllowed(chunk: unknown): boolean {
    return chunk instanceof Uint8Array && IS_READ[this.framing](chunk);
  }
}
