import { metricsOf } from '../../src/domain/codec/register-plan';
import { QUALITY_TAG } from '../../src/influx/mapping';
import type { MeterModel, Register } from '../../src/meters/meter-model';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { wireAddress } from '../../src/transport/modbus/address';
import { agent, heading, MEASUREMENTS, meterTags, OUTPUT } from './common';
import { REGISTER_FIELD, registerScript } from './register-script';

/** Metrics that wait while the database is away: at one a cycle for each quality, more than a day. */
const BUFFER_LIMIT = 20_000;

/** Low word first, and within a word the high byte: what `Register` says of every register. */
const BYTE_ORDER = 'CDAB';

/** Names a field, and the type that Telegraf reads it as; what it cannot make of a register the script does. */
function fieldOf(row: Register): string {
  const name = row.metric ?? `${REGISTER_FIELD}${row.register}`;
  switch (row.encoding) {
    case 'REAL':
      return `name = "${name}", type = "FLOAT32"`;
    case 'ULINT':
      return `name = "${name}", type = "UINT64", output = "FLOAT64"`;
    case 'HOURS_MINUTES':
      return `name = "${name}", type = "UINT64"`;
    case 'LETTERS':
      return `name = "${name}", type = "STRING", length = ${row.words}`;
    case 'REVISION':
    case 'FLAGS':
    case 'UINT':
      return `name = "${name}", type = "UINT16"`;
    case 'BLOCK':
      throw new Error(`Register ${row.register} is a block, which Telegraf cannot read.`);
  }
}

function request(model: MeterModel, group: string, registers: readonly Register[]): string {
  const fields = registers
    .filter((row) => metricsOf(row).length > 0)
    .map((row) => `      { address = ${wireAddress(model, row.register)}, ${fieldOf(row)} },`);
  if (fields.length === 0) return '';
  return `
  # ${group}: ${registers.map(({ register }) => register)[0]} and those behind it; address = printed number - ${model.quirks.modbusFirstRegister.value}
  [[inputs.modbus.request]]
    slave_id = ${model.quirks.modbusUnitId.value}
    register = "input"
    byte_order = "${BYTE_ORDER}"
    measurement = "${MEASUREMENTS.read}"
    fields = [
${fields.join('\n')}
    ]
`;
}

interface ModbusFile {
  readonly about: readonly string[];
  readonly interval: string;
  readonly connection: string;
}

function modbus(model: MeterModel, { about, interval, connection }: ModbusFile): string {
  const requests = model.registers.groups.map(({ group, registers }) => request(model, group, registers));
  return `${heading(...about)}${agent({ interval, bufferLimit: BUFFER_LIMIT })}
[[inputs.modbus]]
  name = "${model.name}"
${connection}  # The unit identifier is slave_id of every request below. A number cannot be a variable: change it there.
  configuration_type = "request"
  exclude_register_type_tag = true
  tagexclude = ["name", "slave_id"]
${requests.join('')}
  [inputs.modbus.workarounds]
    # The meter serves one socket: it is given back after each cycle.
    close_connection_after_gather = true
${meterTags('inputs.modbus').trimEnd()}
    # Nobody has judged these values but for their range: which meter answers, its layout and its counters are not watched.
    ${QUALITY_TAG} = "uncertain"
${registerScript(model, new Map(ALL_METRICS.map((metric) => [metric.name, metric])))}${OUTPUT}`;
}

/** Over Modbus TCP: to be run for as long as a maintenance window lasts. */
export function modbusTcp(model: MeterModel): string {
  return modbus(model, {
    about: [
      'A meter over Modbus TCP, in a maintenance window only: Modbus suspends EtherNet/IP of the meter, also for the PLC.',
      'Run it for as long as the window lasts, by hand, and never as a service beside a PLC:',
      '  timeout 600 telegraf --config modbus-tcp.conf',
    ],
    interval: '10s',
    connection: `  controller = "tcp://\${PM500_HOST:?the address of the meter}:\${PM500_PORT:-${model.quirks.modbusPort.value}}"
  timeout = "2s"
`,
  });
}

/** Over a serial line, where no PLC is disturbed. */
export function modbusRtu(model: MeterModel): string {
  return modbus(model, {
    about: ['A meter with the serial option (-485) over Modbus RTU. Nothing else may use the port meanwhile.'],
    interval: '10s',
    connection: `  controller = "file://\${PM500_SERIAL:?the serial port, for instance /dev/ttyUSB0}"
  transmission_mode = "RTU"
  # A number cannot be a variable: change it here.
  baud_rate = ${model.quirks.modbusBaudRate.value}
  data_bits = 8
  parity = "\${PM500_PARITY:-N}"
  stop_bits = 1
  timeout = "2s"
`,
  });
}
