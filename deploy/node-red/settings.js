/**
 * Settings of Node-RED for a site: nobody gets in without a password, secrets come from files (of Compose, or of systemd's
 * LoadCredential), and flows name them by environment variables. Nothing here has to be edited.
 */
const { createHash, timingSafeEqual } = require('node:crypto');
const { readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const folder = process.env.PM500_SECRETS || process.env.CREDENTIALS_DIRECTORY || '/run/secrets';

/** The secret in a file; Node-RED is not started without one. */
function secret(name) {
  try {
    const text = readFileSync(join(folder, name), 'utf8').trim();
    if (text.length >= 20) return text;
    console.error(`The secret ${join(folder, name)} has fewer than 20 characters: let bootstrap.sh make another.`);
  } catch (error) {
    console.error(
      `The secret ${join(folder, name)} cannot be read (${error.code}): run bootstrap.sh, then start again.`,
    );
  }
  process.exit(1);
}

const digest = (text) => createHash('sha256').update(text).digest();
const isSame = (given, wanted) => timingSafeEqual(digest(String(given)), digest(wanted));

const password = secret('node_red_password');
const metricsToken = secret('node_red_metrics_token');

/** Who is logged in stays so for days, over a start, too: not with a password that is another now. */
function endOldSessions(userDir) {
  const path = join(userDir, '.operator');
  const now = digest(password).toString('hex');
  let before;
  try {
    before = readFileSync(path, 'utf8');
  } catch {
    // The first start.
  }
  if (before === now) return;
  try {
    rmSync(join(userDir, '.sessions.json'), { force: true });
    writeFileSync(path, now, { mode: 0o600 });
  } catch (error) {
    console.error(`Nothing can be written into ${userDir} (${error.code}): make room on its volume, then start again.`);
    process.exit(1);
  }
}
if (process.env.USER_DIR) endOldSessions(process.env.USER_DIR);

const operator = { username: 'operator', permissions: '*' };

// What the reference flow names. Secrets are set last: no environment of another service can stand for them.
const defaults = {
  // Whose days and months count.
  TIME_ZONE: 'UTC',
  PM500_SITE: 'site',
  PM500_METER_HOST: '127.0.0.1',
  PM500_METER_PORT: '44818',
  PM500_SIM_PORT: '44818',
  PM500_MQTT_HOST: 'localhost',
  PM500_MQTT_PORT: process.env.MQTT_PORT || '8883',
  PM500_CA_FILE: '/etc/pm500/ca.crt',
  PM500_INFLUX_URL: 'http://127.0.0.1:8086',
  PM500_METRICS_URL: 'http://127.0.0.1:8428',
};
for (const [name, value] of Object.entries(defaults)) process.env[name] ||= value;
process.env.PM500_MQTT_USER = 'node-red';
process.env.PM500_MQTT_PASSWORD = secret('mqtt_node_red_password');
process.env.PM500_INFLUX_USER = 'pm500-writer';
process.env.PM500_INFLUX_PASSWORD = secret('influx_writer_password');

module.exports = {
  uiHost: process.env.PM500_UI_HOST || '127.0.0.1',
  uiPort: Number(process.env.PM500_UI_PORT || 1880),
  flowFile: 'flows.json',
  credentialSecret: secret('node_red_credential_secret'),
  adminAuth: {
    type: 'credentials',
    users: async (username) => (username === operator.username ? operator : null),
    authenticate: async (username, given) =>
      username === operator.username && isSame(given, password) ? operator : null,
    // For the database that reads pm500/metrics, and may do nothing else.
    tokens: async (token) =>
      isSame(token, metricsToken) ? { username: 'metrics', permissions: ['pm500.read'] } : null,
  },
  // No pages of flows: they would be there for everybody. Whoever needs one sets httpNodeAuth with it.
  httpNodeRoot: false,
  // Flows start no programs; new nodes come with a new image or by npm, not over the network.
  nodesExcludes: ['90-exec.js'],
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: false, allowUpload: false },
    modules: { allowInstall: false },
  },
  functionExternalModules: false,
  // The readiness checks once a day, for the alert ReadinessCritical.
  pm500: { doctorHours: 24 },
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { projects: { enabled: false }, tours: false },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};
