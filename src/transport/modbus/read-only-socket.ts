import { Socket } from 'node:net';
import { isTcpRead, notARead } from './read-guard';

/**
 * A TCP socket that lets nothing out but Modbus requests that read. It never throws: the library writes from where an
 * exception would be an unhandled rejection. What may not be sent destroys the socket instead.
 */
export class ReadOnlySocket extends Socket {
  constructor(private readonly where: string) {
    super();
  }

  /** Starts to connect; events tell the outcome. Throws when host or port cannot be. */
  begin(host: string, port: number): void {
    this.connect({ host, port, noDelay: true });
  }

  override write(chunk: Uint8Array | string): boolean {
    if (typeof chunk !== 'string' && isTcpRead(chunk)) return super.write(chunk);
    this.destroy(notARead(this.where));
    return false;
  }

  /** Ends the connection; there is no last frame. */
  override end(): this {
    return super.end();
  }
}
