import { systemClock, type Clock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { ImplicitPort } from '../../src/simulator/ethernet-ip/implicit-port';
import type { ScriptedPeer } from '../links/scripted-peer';
import { PM500 } from '../../src/meters/pm500';

/** The connections of a peer, whose data is that of its assemblies. */
export function connectionsOf(peer: ScriptedPeer, clock: Clock = systemClock): ImplicitPort {
  return new ImplicitPort({
    model: PM500,
    bind: '127.0.0.1',
    port: 0,
    clock,
    logger: silentLogger,
    maximumConnections: 18,
    bounds: { minimumMs: 100, maximumMs: 10_000 },
    group: { address: '239.192.1.0', port: 2222 },
    source: {
      sizeOf: (instance) => peer.assemblies.get(instance)?.length,
      read: (instance) => peer.assemblies.get(instance),
    },
  });
}
