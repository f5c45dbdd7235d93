import { isIP } from 'node:net';
import { connect } from 'node:tls';

const TIMEOUT_MS = 3000;

/** When the certificate that a server shows ends, epoch milliseconds; undefined where none was seen. Nothing is sent. */
export function endOfShownCertificate(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    // Whether it may be trusted is found out by the connection that counts; here it is only looked at.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, rejectUnauthorized: false, ...name });
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
      const end = Date.parse(socket.getPeerCertificate().valid_to);
      finish(Number.isNaN(end) ? undefined : end);
    });
  });
}
