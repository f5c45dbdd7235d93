import { isIP, isIPv6 } from 'node:net';
import { PROTOCOL_FACTS } from '../meters/protocol-facts';
import { isSerial, type LinkSettings } from './meter-settings';

const LOOPBACK = '127.0.0.1';
const LOOPBACK_NAMES = ['localhost', '::1', '[::1]'];

/** One spelling for each address: in lower case, IPv4 numbers in decimal, no dot at the end, one name for this machine. */
export function canonicalHost(host: string): string {
  const text = host.trim().toLowerCase().replace(/\.$/, '');
  if (LOOPBACK_NAMES.includes(text)) return LOOPBACK;
  if (isIPv6(text) && URL.canParse(`http://[${text}]`)) return new URL(`http://[${text}]`).hostname;
  return URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : text;
}

/** True for a name that a name server turns into an address. */
export function isHostName(host: string): boolean {
  return isIP(canonicalHost(host).replace(/^\[|\]$/g, '')) === 0;
}

/**
 * What all ways into one physical meter have in common: its address. Meters never change the port of EtherNet/IP, but
 * simulated ones that share an address do, so another port is part of it. Nothing for Modbus RTU, also over TCP: the serial
 * option takes the place of EtherNet/IP.
 * @param host what stands for the host: its address, once its name has been looked up
 */
export function meterKeyOf({ host: given, port, transport }: LinkSettings, host = given): string | undefined {
  if (isSerial(transport)) return undefined;
  const enipPort = transport?.kind === 'modbus-tcp' ? transport.enipPort : port;
  return enipPort === PROTOCOL_FACTS.enipPort.value ? canonicalHost(host) : `${canonicalHost(host)}:${enipPort}`;
}

/** What is the same for all configurations that share one connection. */
export function linkKeyOf({ host, port, transport }: LinkSettings): string {
  if (transport?.kind === 'modbus-rtu') return `${host} unit ${transport.unitId}`;
  const address = `${canonicalHost(host)}:${port}`;
  if (transport?.kind === 'modbus-rtu-tcp') return `serial server ${address} unit ${transport.unitId}`;
  return transport?.kind === 'modbus-tcp' ? `${address} unit ${transport.unitId}` : address;
}

/** The other end, for sentences. */
export function whereOf({ host, port, transport }: LinkSettings): string {
  if (transport?.kind === 'modbus-rtu') return `${host} unit ${transport.unitId}`;
  const isModbus = transport?.kind === 'modbus-tcp' || transport?.kind === 'modbus-rtu-tcp';
  return isModbus ? `${host}:${port} unit ${transport.unitId}` : `${host}:${port}`;
}
