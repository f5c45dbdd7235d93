import { createExplicitTransport, type ExplicitSettings } from '../../src/transport/ethernet-ip/explicit/explicit';
import { silentLogger } from '../../src/support/logger';
import type { AssemblyBlock, Transport, TransportStateChange } from '../../src/transport/transport';
import { FakeClock } from '../fake-clock';
import { ScriptedPeer, type Fault } from '../links/scripted-peer';

export const CONNECT_TIMEOUT_MS = 3000;
export const REPLY_TIMEOUT_MS = 2000;

export const VOLTAGES: AssemblyBlock = { kind: 'assembly', instance: 101, sizeBytes: 48 };
export const STATES: AssemblyBlock = { kind: 'assembly', instance: 108, sizeBytes: 4 };

/** The reply of the request with one number of its header changed. */
export function withHeader(change: (reply: Buffer) => void): Fault {
  return ({ reply, socket }) => {
    change(reply);
    socket.write(reply);
  };
}

/** An explicit transport with a clock of its own, against a peer on a real socket. */
export class ExplicitBench {
  readonly clock = new FakeClock();
  readonly peer = new ScriptedPeer();
  readonly changes: TransportStateChange[] = [];
  private started: Transport | undefined;

  get transport(): Transport {
    if (this.started === undefined) throw new Error('start the bench first');
    return this.started;
  }

  async start(settings: Partial<ExplicitSettings> = {}): Promise<this> {
    this.peer.assemblies.set(
      101,
      Uint8Array.from({ length: 48 }, (_, index) => index),
    );
    this.peer.assemblies.set(108, Uint8Array.of(1, 0, 2, 0));
    const port = await this.peer.listen();
    this.started = createExplicitTransport(
      { host: '127.0.0.1', port, connectTimeoutMs: CONNECT_TIMEOUT_MS, replyTimeoutMs: REPLY_TIMEOUT_MS, ...settings },
      { clock: this.clock, logger: silentLogger },
    );
    this.started.onState((change) => this.changes.push(change));
    return this;
  }

  async stop(): Promise<void> {
    await this.started?.close();
    await this.peer.close();
  }

  /** Lets the peer do `act` with the next request of this command and attribute, once; resolves when it did. */
  once(act: Fault, command?: number, attribute?: number): Promise<void> {
    return new Promise((resolve) => {
      this.peer.fault = {
        ...(command === undefined ? {} : { command }),
        ...(attribute === undefined ? {} : { attribute }),
        act: (context) => {
          this.peer.fault = undefined;
          act(context);
          resolve();
        },
      };
    });
  }

  /** Holds back the reply to the next request; `asked` resolves when that has come, `release` sends the reply. */
  hold(command: number): { readonly asked: Promise<void>; readonly release: () => void } {
    let release = (): void => undefined;
    const asked = this.once(({ reply, socket }) => {
      release = () => void socket.write(reply);
    }, command);
    return {
      asked,
      release: () => {
        release();
      },
    };
  }

  /** Resolves with the change that closes the transport. */
  closed(): Promise<TransportStateChange> {
    return new Promise((resolve) => {
      const stop = this.transport.onState((change) => {
        if (change.state !== 'closed') return;
        stop();
        resolve(change);
      });
    });
  }
}
