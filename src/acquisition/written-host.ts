import { isIP } from 'node:net';
import { Pm500Error } from '../support/errors';

/** An address and its port in one, as other programs write it. */
const WITH_PORT = /^(\[[^\]]+\]|[^:]+):(\d+)$/;
/** What no name has: it would be looked up in vain, and the sentence about that leads astray. */
const NO_NAME = /[\s/:@?#[\]]/;
/** Numbers and dots alone are an address, or a slip. */
const NUMBERS = /^[\d.]+$/;

/**
 * The host of a meter as a person has written it, without spaces around it and without the brackets of IPv6.
 * @param subject begins the sentence of a refusal, for instance `Meter "incomer"`
 * @throws Pm500Error CONFIG_INVALID for what is neither an address nor a name: a URL, an address with its port, 10.0.0.999
 */
export function hostOf(subject: string, written: string): string {
  const host = written.trim();
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || isIP(bare) !== 0) return bare;
  const [, address, port] = WITH_PORT.exec(host) ?? [];
  if (address !== undefined && port !== undefined) {
    const message = `${subject}: "${host}" is an address with a port; write ${address} as the address, and ${port} as the port.`;
    throw new Pm500Error('CONFIG_INVALID', message);
  }
  if (NO_NAME.test(host) || (NUMBERS.test(host) && !URL.canParse(`http://${host}`))) {
    const message = `${subject}: "${host}" is neither an address nor a name; write it like 192.168.1.10 or meter-5.plant, and nothing else.`;
    throw new Pm500Error('CONFIG_INVALID', message);
  }
  return host;
}
