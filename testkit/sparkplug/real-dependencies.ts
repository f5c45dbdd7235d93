import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import { createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { memorySessionStore } from '../../src/sparkplug/session/session-store';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import type { EdgeSessionDependencies } from '../../src/sparkplug/session/session-settings';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';

/** What an edge node needs that talks to a real broker: time, MQTT, and a bdSeq that begins anew with every call. */
export function realDependencies(): EdgeSessionDependencies {
  return {
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    openLink: createOpenLink(connectMqtt, systemClock),
    bdSeq: createBdSeqCounter(memorySessionStore()),
  };
}
