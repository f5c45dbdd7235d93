import type { Node, NodeAPI, NodeDef } from 'node-red';
import { settingsOf, type MeterSettings } from '../../src/acquisition/meter-settings';
import { METER_TAGS } from '../../src/domain/messages/reading';
import { registerAdmin } from '../shared/admin';
import { onClose } from '../shared/close';
import type { ConfigReader } from '../shared/config';
import { sharedMeters, type MeterNode } from '../shared/meters';
import { startNode } from '../shared/start';
import { PM500 } from '../../src/meters/pm500';

function readTags(config: ConfigReader<'pm500-meter'>): Readonly<Record<string, string>> {
  const pairs = METER_TAGS.map((tag) => [tag, config.text(tag)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}

function readSettings(config: ConfigReader<'pm500-meter'>): MeterSettings {
  const transport = config.choice('transport');
  const isModbusOverTcp = transport === 'modbus-tcp' || transport === 'modbus-rtu-tcp';
  const receivePort = config.number('localUdpPort');
  return settingsOf(PM500, {
    name: config.text('name'),
    host: config.text(transport === 'modbus-rtu' ? 'serialPath' : 'host'),
    transport,
    port: config.number(isModbusOverTcp ? 'modbusPort' : 'port'),
    enipPort: config.number('port'),
    connectTimeoutMs: config.number('connectTimeoutMs'),
    replyTimeoutMs: config.number('replyTimeoutMs'),
    minimumReadIntervalMs: config.number('minimumIntervalMs'),
    rpiMs: config.number('rpiMs'),
    allowInputOnly: config.flag('allowInputOnly'),
    delivery: config.choice('delivery'),
    timeoutMultiplier: config.choice('timeoutMultiplier'),
    configurationInstance: config.number('configurationInstance'),
    localAddress: config.text('localAddress'),
    ...(receivePort === undefined ? {} : { receivePort }),
    unitId: config.number('unitId'),
    releaseAfterIdleMs: config.number('releaseAfterIdleMs'),
    baudRate: config.choice('baudRate'),
    parity: config.choice('parity'),
    dropEcho: config.flag('dropEcho'),
    sharedWithPlc: config.flag('sharedWithPlc'),
    tags: readTags(config),
    catalogNumber: config.choice('catalogNumber'),
    layoutFile: config.text('layoutFile'),
    energyLayout: config.choice('energyLayout'),
    layoutConfirmed: config.flag('layoutConfirmed'),
  });
}

/** One meter: who it is, how to reach it, and the session that all nodes share. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Pm500Meter(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-meter', definition, (config) => {
      const { session, release } = sharedMeters(RED).acquire(readSettings(config));
      Object.assign<Node, Pick<MeterNode, 'session'>>(this, { session });
      onClose(this, release);
    });
  }
  RED.nodes.registerType('pm500-meter', Pm500Meter, {});
};
