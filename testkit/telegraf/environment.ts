import type { Environment } from './configuration';

/** What the configurations of deploy/telegraf have to be told; tests replace the places. */
export const TELEGRAF_ENVIRONMENT: Environment = {
  INFLUX_BUCKET: 'energy_raw',
  PM500_HOST: '127.0.0.1',
  PM500_SERIAL: '/dev/ttyUSB0',
  PM500_METER: 'main-incomer',
  PM500_RELAY_TOKEN: 'a token of the site',
};
