import { createSocket } from 'node:dgram';
import type { RequestFrame } from './requests';

/** What is needed of a `dgram.Socket`, so that tests can give another one. It sends nothing but frames that may leave. */
export interface DatagramSocket {
  on(event: 'message', listener: (bytes: Buffer, remote: { readonly address: string }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'listening', listener: () => void): unknown;
  bind(options: { readonly port: number; readonly address?: string; readonly exclusive: boolean }): unknown;
  address(): { readonly port: number };
  send(frame: RequestFrame, port: number, address: string, callback: (error: Error | null) => void): unknown;
  addMembership(group: string, localAddress?: string): unknown;
  dropMembership(group: string, localAddress?: string): unknown;
  close(callback?: () => void): unknown;
}

/** @param share lets other programs of this machine listen on the same port */
export type OpenDatagramSocket = (share: boolean) => DatagramSocket;

/** A UDP socket of the operating system. */
export const openDatagramSocket: OpenDatagramSocket = (share) => createSocket({ type: 'udp4', reuseAddr: share });
