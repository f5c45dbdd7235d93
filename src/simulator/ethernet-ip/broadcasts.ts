import { toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import { broadcastOf } from '../host-networks';
import { shareUdp, type DatagramListener, type PortShare } from './shared-port';

const ANY_ADDRESS = '0.0.0.0';
const LIMITED_BROADCAST = '255.255.255.255';

/**
 * Hears what is sent to everybody on the network of a meter: a socket that is bound to one address does not. All meters
 * of a machine hear it. Where the operating system has no such sockets, a meter is found by its address alone.
 */
export async function hearBroadcasts(
  bind: string,
  port: number,
  listener: DatagramListener,
  logger: Logger,
): Promise<readonly PortShare[]> {
  if (bind === ANY_ADDRESS) return [];
  const own = broadcastOf(bind);
  const addresses = bind.startsWith('127.') ? [own] : [own, LIMITED_BROADCAST];
  const heard: PortShare[] = [];
  for (const address of addresses) {
    try {
      heard.push(await shareUdp({ address, port, share: true }, listener, logger));
    } catch (thrown) {
      logger.debug(`Searches sent to ${address} are not heard: ${toPm500Error(thrown).message}`);
    }
  }
  return heard;
}
