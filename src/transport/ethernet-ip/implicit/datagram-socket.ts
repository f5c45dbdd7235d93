import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIPv4 } from 'node:net';
import type { RequestFrame } from '../wire/requests';

/** What is needed of a `dgram.Socket`, so that tests can give another one. It sends nothing but frames that may leave. */
export interface DatagramSocket {
  on(event: 'message', listener: (bytes: Buffer, remote: { readonly address: string }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'listening', listener: () => void): unknown;
  bind(options: { readonly port: number; readonly address?: string; readonly exclusive: boolean }): unknown;
  address(): { readonly port: number };
  /** Throws where the operating system refuses. */
  setRecvBufferSize(bytes: number): unknown;
  send(frame: RequestFrame, port: number, address: string, callback: (error: Error | null) => void): unknown;
  addMembership(group: string, localAddress?: string): unknown;
  close(callback?: () => void): unknown;
}

/** @param share lets other programs of this machine listen on the same port */
export type OpenDatagramSocket = (share: boolean) => DatagramSocket;

/** An address is taken as it is: the detour through the name service costs more than a heartbeat. */
const lookUp: NonNullable<SocketOptions['lookup']> = (host, options, callback) => {
  if (isIPv4(host)) callback(null, host, 4);
  else lookup(host, options, callback);
};

/** A UDP socket of the operating system. */
export const openDatagramSocket = ((share: boolean): Socket =>
  createSocket({ type: 'udp4', reuseAddr: share, lookup: lookUp })) satisfies OpenDatagramSocket;
