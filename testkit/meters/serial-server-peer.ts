import type { Socket } from 'node:net';
import { TcpPeer } from '../links/tcp-peer';

/** What a unit on the line answers to bytes. */
export interface LineUnit {
  push(chunk: Uint8Array): readonly Buffer[];
}

/** What the line does with bytes, instead of its units answering. */
export type SerialFault = (chunk: Buffer, socket: Socket) => void;

/** A TCP peer that carries the bytes of a serial line with units on it, and whatever nonsense a test asks of it. */
export class SerialServerPeer extends TcpPeer {
  readonly requests: Buffer[] = [];
  fault: SerialFault | undefined;
  /** True: what arrives is sent back, too. */
  echoes = false;
  /** Sent to whoever connects next: what arrived while nobody did. */
  kept: Buffer | undefined;
  private readonly units: readonly LineUnit[];

  constructor(...units: readonly LineUnit[]) {
    super();
    this.units = units;
  }

  protected override serve(socket: Socket): void {
    if (this.kept !== undefined) socket.write(this.kept);
    this.kept = undefined;
    socket.on('data', (chunk) => {
      this.requests.push(chunk);
      if (this.echoes) socket.write(chunk);
      if (this.fault !== undefined) this.fault(chunk, socket);
      else for (const unit of this.units) for (const reply of unit.push(chunk)) socket.write(reply);
    });
  }
}
