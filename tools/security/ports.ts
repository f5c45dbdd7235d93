import { DEFAULTS } from '../../nodes/shared/forms';
import { PM500 } from '../../src/meters/pm500';
import { PROTOCOL_FACTS } from '../../src/meters/protocol-facts';

/** One flow of a network; ports come from the code that uses them. */
export interface PortRow {
  readonly from: string;
  readonly to: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
  /** When it has to be let through. */
  readonly when: string;
  readonly secured: string;
}

const HERE = 'this computer';
const METER = 'meter';
const { enipPort, implicitPort } = PROTOCOL_FACTS;

/** Between the computer of Node-RED and meters, PLC and serial servers. */
export const METER_PORTS: readonly PortRow[] = [
  {
    from: HERE,
    to: METER,
    protocol: 'TCP',
    port: enipPort.value,
    when: 'transports `ucmm`, `class3`, `input-only`, `listen-only`',
    secured: 'no',
  },
  {
    from: HERE,
    to: METER,
    protocol: 'UDP',
    port: enipPort.value,
    when: 'searching for meters, also as broadcast; the answer comes to a port that the system chooses',
    secured: 'no',
  },
  {
    from: HERE,
    to: METER,
    protocol: 'UDP',
    port: implicitPort.value,
    when: 'heartbeats of `input-only` and `listen-only`',
    secured: 'no',
  },
  {
    from: METER,
    to: HERE,
    protocol: 'UDP',
    port: implicitPort.value,
    when: 'data of `input-only` and `listen-only`, to this computer or to the multicast group of the meter; `localUdpPort` is another port for data to this computer alone',
    secured: 'no',
  },
  {
    from: HERE,
    to: METER,
    protocol: 'TCP',
    port: PM500.quirks.modbusPort.value,
    when: '`modbus-tcp`, in a maintenance window only; `modbus-rtu-tcp` to the port of the serial server',
    secured: 'no',
  },
];

/** From the computer of Node-RED to servers, by the defaults of the forms. */
export const SERVER_PORTS: readonly PortRow[] = [
  {
    from: HERE,
    to: 'MQTT broker',
    protocol: 'TCP',
    port: DEFAULTS['sparkplug-edge'].port,
    when: '`sparkplug-edge`, `iot-target` without TLS: on this computer alone',
    secured: 'no',
  },
  {
    from: HERE,
    to: 'MQTT broker',
    protocol: 'TCP',
    port: DEFAULTS['iot-target'].awsPort,
    when: '`sparkplug-edge`, `iot-target` with TLS, AWS IoT Core',
    secured: 'TLS',
  },
  {
    from: HERE,
    to: 'AWS IoT Core',
    protocol: 'TCP',
    port: 443,
    when: '`iot-target` where a firewall lets HTTPS out alone, and an `influx-target` with `https://` and no port',
    secured: 'TLS',
  },
];

/** Of the stack in containers: what compose.yaml publishes, by the name of its service. */
export const STACK_PORTS: readonly { readonly service: string; readonly port: number; readonly who: string }[] = [
  { service: 'node-red', port: 1880, who: 'editor and metrics page, for people through a proxy with TLS or a tunnel' },
  { service: 'mosquitto', port: 8883, who: 'MQTT with TLS, for hosts such as Ignition' },
  { service: 'influxdb', port: 8086, who: 'writes of Node-RED, queries of dashboards; plain HTTP' },
  { service: 'grafana', port: 3000, who: 'dashboards, for people through a proxy with TLS or a tunnel' },
  { service: 'victoria-metrics', port: 8428, who: 'programs of this computer; knows no users' },
  { service: 'alertmanager', port: 9093, who: 'programs of this computer; knows no users' },
];

/** Further ones of the stack on Debian, each on 127.0.0.1 alone. */
export const DEBIAN_PORTS: readonly { readonly port: number; readonly who: string }[] = [
  { port: 8088, who: 'InfluxDB 1, its own backup' },
  { port: 8880, who: 'vmalert' },
];
