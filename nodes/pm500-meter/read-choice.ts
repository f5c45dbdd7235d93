import type { MeterChoice } from '../../src/acquisition/meter-settings';
import { METER_TAGS } from '../../src/domain/messages/reading';
import type { ConfigReader } from '../shared/config';

function readTags(config: ConfigReader<'pm500-meter'>): Readonly<Record<string, string>> {
  const pairs = METER_TAGS.map((tag) => [tag, config.text(tag)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}

/**
 * A meter as its node is set up.
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
export function readMeterChoice(config: ConfigReader<'pm500-meter'>): MeterChoice {
  const transport = config.choice('transport');
  const isModbusOverTcp = transport === 'modbus-tcp' || transport === 'modbus-rtu-tcp';
  const receivePort = config.number('localUdpPort');
  return {
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
  };
}
