import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { addressAttempts } from '../support/address-attempts';
import { delay, within, type Clock } from '../support/clock';
import type { Server } from './server-list';

/**
 * What a port says to the first message of TLS:
 * - `tls`: it answers in TLS
 * - `others`: it takes the connection, and is something else or says nothing
 * - `silence`: nobody takes the connection, neither yes nor no
 */
export type PortWords = 'tls' | 'others' | 'silence';

/** What is asked beside the broker, to find out why it cannot be reached. */
export interface PortQuestions {
  /** Looks a name up. @throws as Node.js does, with a code */
  readonly lookUp: (host: string, signal: AbortSignal) => Promise<void>;
  readonly askTls: (server: Server, signal: AbortSignal) => Promise<PortWords>;
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

/** The same by the network itself. @param longestMs of each question */
export function systemQuestions(clock: Clock, longestMs: number): PortQuestions {
  return {
    lookUp: async (host, signal) => {
      if (isIP(host) !== 0) return;
      const silent = Object.assign(new Error('the name server did not answer'), { code: 'EAI_AGAIN' });
      const found = await within(lookup(host), { clock, signal, timeoutMs: longestMs }, () => undefined);
      if (found === undefined) throw silent;
    },
    askTls: (server, signal) => askTls(server, longestMs, clock, signal),
  };
}

function askTls({ host, port }: Server, longestMs: number, clock: Clock, signal: AbortSignal): Promise<PortWords> {
  return new Promise((resolve) => {
    const answered = new AbortController();
    let isTaken = false;
    // Whose certificate it is does not matter: nothing is sent.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, rejectUnauthorized: false, ...name, ...addressAttempts(longestMs) });
    const end = (words: PortWords): void => {
      answered.abort();
      socket.destroy();
      resolve(words);
    };
    const other = (): void => {
      end(isTaken ? 'others' : 'silence');
    };
    socket.on('connect', () => {
      isTaken = true;
    });
    socket.on('secureConnect', () => {
      end('tls');
    });
    socket.on('error', (error: Error) => {
      // Whoever complains in TLS speaks it.
      if (codeOf(error).includes('ALERT')) end('tls');
      else other();
    });
    socket.on('close', other);
    void delay(clock, longestMs, AbortSignal.any([signal, answered.signal])).then(other);
  });
}
