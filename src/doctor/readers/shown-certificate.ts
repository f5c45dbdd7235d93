import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { addressAttempts } from '../../support/address-attempts';

const TIMEOUT_MS = 3000;

const LONGEST_CHAIN = 20;

/** The first end in a chain, epoch milliseconds; NaN where there is none. The last one, of an authority, names itself. */
function firstEnd(shown: DetailedPeerCertificate): number {
  const ends: number[] = [];
  let each: DetailedPeerCertificate | undefined = shown;
  while (each !== undefined && ends.length < LONGEST_CHAIN) {
    ends.push(Date.parse(each.valid_to));
    const issuer: DetailedPeerCertificate | undefined = each.issuerCertificate;
    each = issuer === each ? undefined : issuer;
  }
  return Math.min(...ends);
}

/** When the first certificate of those that a server shows ends, epoch milliseconds; undefined where none was seen. Nothing is sent. */
export function endOfShownCertificate(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    // Whether it may be trusted is found out by the connection that counts; here it is only looked at.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, rejectUnauthorized: false, ...name, ...addressAttempts(TIMEOUT_MS) });
    const finish = (end: number | undefined): void => {
      socket.destroy();
      resolve(end);
    };
    socket.setTimeout(TIMEOUT_MS, () => {
      finish(undefined);
    });
    socket.once('error', () => {
      finish(undefined);
    });
    socket.once('secureConnect', () => {
      const end = firstEnd(socket.getPeerCertificate(true));
      finish(Number.isNaN(end) ? undefined : end);
    });
  });
}
