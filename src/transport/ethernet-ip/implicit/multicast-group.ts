import { Pm500Error } from '../../../support/errors';
import type { SocketAddress } from '../wire/socket-address';

/** 224.0.0.x is the network's own and never routed; from 240 on there is no multicast. */
function isGroup(address: string): boolean {
  const [first = 0, second = 0, third = 0] = address.split('.').map(Number);
  return first >= 224 && first <= 239 && !(first === 224 && second === 0 && third === 0);
}

/**
 * The group that a meter names in its reply to a Forward Open.
 * @throws Pm500Error ENIP_CONNECT_FAILED with `details.unusable` when it names none that can be joined
 */
export function receiveGroup(told: SocketAddress | undefined, where: string): SocketAddress {
  if (told !== undefined && isGroup(told.address) && told.port > 0) return told;
  const what = told === undefined ? 'names no multicast group' : `names ${told.address}:${told.port}, no group`;
  throw new Pm500Error(
    'ENIP_CONNECT_FAILED',
    `${where} grants multicast but ${what} to receive it from; choose point-to-point delivery.`,
    { details: { unusable: 'multicast' } },
  );
}
