/** In a command: the folder of this package. */
export const PACKAGE = 'PACKAGE';

/** Where the unit of InfluxDB has its data, behind the link that systemd makes. */
export const DATABASE_FOLDER = '/var/lib/private/pm500-influxdb';

/** InfluxDB 1 runs, and no one who writes finds it: only what knows its RPC address, or this other one. */
export const DATABASE_STARTS_ALONE: readonly string[] = [
  'systemctl set-environment INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:18086 INFLUXDB_CONTINUOUS_QUERIES_ENABLED=false',
  'systemctl restart pm500-influxdb',
  'until curl --silent http://127.0.0.1:18086/ping; do sleep 1; done',
];

/** Where everybody knows it to be. */
export const DATABASE_STARTS_FOR_ALL: readonly string[] = [
  'systemctl unset-environment INFLUXDB_HTTP_BIND_ADDRESS INFLUXDB_CONTINUOUS_QUERIES_ENABLED',
  'systemctl restart pm500-influxdb',
];
