import type { Clock, Timer } from '../../support/clock';
import { listIdentityRequest } from './wire/requests';
import { connectTcp, type Connect } from './session/socket';

export interface FirstWordsSettings {
  readonly host: string;
  readonly port: number;
  /** How long anything is waited for. */
  readonly timeoutMs: number;
}

/** What a TCP port does when it is asked by List Identity who it is. */
export type PortAnswer =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** `closed`: it ended the connection before it was asked, `hung-up`: when it was. */
  | { readonly kind: 'closed' | 'hung-up' | 'silence' | 'refused' };

/** Whoever wants no connection, or speaks first, does so before this, ms. */
const LISTEN_MS = 150;
/** More than is needed to tell protocols apart. */
const ENOUGH_BYTES = 64;

/**
 * Asks a port who it is and gives whatever comes back, also what is no EtherNet/IP: to tell a person what listens there.
 * One connection, which is gone when this resolves. Never rejects.
 */
export function hearFirstWords(
  { host, port, timeoutMs }: FirstWordsSettings,
  { clock, connect = connectTcp }: { readonly clock: Clock; readonly connect?: Connect },
): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ended: 'refused' | 'closed' | 'hung-up' = 'refused';
    let asking: Timer | undefined;
    let end = (): void => undefined;
    const finish = (nothing: 'refused' | 'closed' | 'hung-up' | 'silence'): void => {
      timer.cancel();
      asking?.cancel();
      end();
      const bytes = Buffer.concat(chunks).subarray(0, ENOUGH_BYTES);
      resolve(bytes.length > 0 ? { kind: 'bytes', bytes } : { kind: nothing });
    };
    const timer = clock.after(timeoutMs, () => {
      finish(ended === 'refused' ? ended : 'silence');
    });
    try {
      const socket = connect(host, port, (chunk) => {
        chunks.push(Buffer.from(chunk));
        finish(ended);
      });
      end = () => void socket.destroy();
      socket.on('connect', () => {
        ended = 'closed';
        asking = clock.after(LISTEN_MS, () => {
          ended = 'hung-up';
          socket.write(listIdentityRequest());
        });
      });
      const closed = (): void => {
        finish(ended);
      };
      socket.on('error', closed);
      socket.on('end', closed);
      socket.on('close', closed);
    } catch {
      // A host or a port that cannot be.
      finish('refused');
    }
  });
}
