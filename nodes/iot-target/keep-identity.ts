import type { Node } from 'node-red';
import { readAuthorities } from '../../src/iot/credentials';
import { IdentityKeeper, type KeeperSettings, type KeeperState } from '../../src/iot/enroll/keeper';
import { createOpenCloudSession } from '../../src/iot/enroll/mqtt-cloud';
import { createTokenTool } from '../../src/iot/enroll/pkcs11-tool';
import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { onClose } from '../shared/close';
import { nodeLogger } from '../shared/logger';

/** What is told of the identity of a target. */
export interface IdentityNotice {
  readonly stateNow: () => KeeperState;
  /** Calls `listener` when that is another one, until the returned function is called. */
  readonly onChange: (listener: () => void) => () => void;
}

const ownId = (): number | undefined => process.getuid?.();

/** Has an identity enrolled and renewed for as long as a node is there. */
export function keepIdentity(node: Node, settings: KeeperSettings): IdentityNotice {
  const listeners = new Set<() => void>();
  const keeper = new IdentityKeeper(settings, {
    openFor: (place, signal) =>
      createOpenCloudSession({
        ...{ openLink: createOpenLink(connectMqtt, systemClock), clock: systemClock, place, signal, ownId },
        ...(place.caFile === '' ? {} : { ca: readAuthorities(place.caFile).toString() }),
      }),
    clock: systemClock,
    random: Math.random,
    ownId,
    tokenTool: createTokenTool(ownId),
    logger: nodeLogger(node),
    onChange: () => {
      for (const listener of listeners) listener();
    },
  });
  keeper.start();
  onClose(node, () => keeper.close());
  return {
    stateNow: () => keeper.state,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
