import { sentences, type Sentence } from '../../support/sentence';
import { sightOne, type DoctorCheck, type Sighting } from '../check';
import type { NodeRedSettings, SiteFacts } from '../facts';
import type { SavedSite } from '../flows/saved-site';

/** Node-RED hashes it to a key: what is shorter than this is guessed. */
const SHORTEST_SECRET = 16;

const ofSettings = (find: (settings: NodeRedSettings) => Sentence | undefined, { settings }: SiteFacts): Sighting =>
  sightOne(
    settings,
    (found) => {
      const finding = find(found);
      return finding === undefined ? [] : [finding];
    },
    () => 'settings.js',
  );

/** Whether others than this computer reach the editor. */
function isOpenToNetwork({ uiHost }: NodeRedSettings): boolean {
  return !/^(127(\.\d+){3}|::1|localhost)$/.test(uiHost);
}

/** Parts of a flow that answer requests of anybody. */
const hasPages = ({ types }: SavedSite): boolean =>
  types.has('http in') || types.has('websocket-listener') || types.has('ui-base') || types.has('ui_base');

/** Of Node-RED's permissions: read, *.read, or that of one part, such as flows.read. */
const isToRead = (permission: string): boolean => /^([a-z0-9*-]+\.)*read$/.test(permission.trim());

/** What is found in settings.js. */
export const SETTINGS_FINDINGS = sentences('doctorSettings', {
  noLogin: 'settings.js has no adminAuth: whoever reaches the editor may change everything.',
  anonymous: 'Whoever comes without a login has the permissions {permissions}.',
  openPages: 'Flows have pages, and settings.js has no httpNodeAuth: anybody may open them.',
  noSecret: 'settings.js has no credentialSecret: the key is one that Node-RED made and keeps beside the file.',
  shortSecret: 'credentialSecret has {count} characters, and {least} are the fewest that make sense.',
  plainHttp: 'The editor listens for the network at {host} without https.',
  plainHttpEverywhere: 'The editor listens for the network at every address without https.',
  install: 'Whoever may deploy may install any module of the registry.',
  logLevel: 'The log has the level {level}.',
});
const { say } = SETTINGS_FINDINGS;

/** Who may get in, by settings.js. */
export const SETTINGS_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'admin-auth',
    area: 'security',
    severity: 'critical',
    title: 'the editor asks for a login',
    looksAt: 'adminAuth of settings.js',
    remedy:
      'Set adminAuth in settings.js (deploy/node-red/settings.js is one): whoever reaches the editor decides what runs beside the PLC.',
    docs: 'docs/stack.md',
    look: (facts) => ofSettings(({ hasAdminAuth }) => (hasAdminAuth ? undefined : say('noLogin')), facts),
  },
  {
    id: 'admin-anonymous',
    area: 'security',
    severity: 'critical',
    title: 'nobody changes flows without a login',
    looksAt: 'adminAuth.default of settings.js',
    remedy: "Leave adminAuth.default out, or give it permissions: 'read'.",
    docs: 'docs/stack.md',
    look: (facts) =>
      ofSettings(
        ({ anonymousPermissions }) =>
          anonymousPermissions === '' || anonymousPermissions.split(',').every(isToRead)
            ? undefined
            : say('anonymous', { permissions: anonymousPermissions }),
        facts,
      ),
  },
  {
    id: 'http-node-auth',
    area: 'security',
    severity: 'warning',
    title: 'pages of flows ask for a login',
    looksAt: 'httpNodeAuth of settings.js, where flows have pages',
    remedy: 'Set httpNodeAuth in settings.js, or httpNodeRoot: false where no flow needs a page.',
    docs: 'docs/stack.md',
    look: ({ settings, site }) =>
      sightOne(
        'unseen' in settings ? settings : site,
        (found) => {
          const known = 'seen' in settings ? settings.seen : undefined;
          const isOpen = known?.hasHttpNodes === true && !known.hasHttpNodeAuth;
          return isOpen && 'types' in found && hasPages(found) ? [say('openPages')] : [];
        },
        () => 'settings.js and the flows',
      ),
  },
  {
    id: 'credential-secret',
    area: 'security',
    severity: 'warning',
    title: 'credentials are encrypted with a key of the site',
    looksAt: 'credentialSecret of settings.js',
    remedy:
      'Set credentialSecret in settings.js and keep it where backups are not: with the generated key a restored file opens nowhere else.',
    docs: 'docs/backup.md',
    look: (facts) =>
      ofSettings(({ credentialSecret }) => (credentialSecret === 'generated' ? say('noSecret') : undefined), facts),
  },
  {
    id: 'credential-secret-long',
    area: 'security',
    severity: 'warning',
    title: 'the key of the credentials cannot be guessed',
    looksAt: 'length of credentialSecret of settings.js',
    remedy: 'Choose a random credentialSecret of 20 characters or more, and enter the credentials anew.',
    docs: 'docs/stack.md',
    look: (facts) =>
      ofSettings(
        ({ credentialSecret, credentialSecretLength }) =>
          credentialSecret === 'own' && credentialSecretLength < SHORTEST_SECRET
            ? say('shortSecret', { count: credentialSecretLength, least: SHORTEST_SECRET })
            : undefined,
        facts,
      ),
  },
  {
    id: 'editor-https',
    area: 'security',
    severity: 'warning',
    title: 'logins to the editor cannot be read on the way',
    looksAt: 'uiHost and https of settings.js',
    remedy: "Set uiHost: '127.0.0.1' and go through a proxy with TLS or a tunnel, or set https in settings.js.",
    docs: 'docs/stack.md',
    look: (facts) =>
      ofSettings((settings) => {
        if (!isOpenToNetwork(settings) || settings.hasHttps) return undefined;
        return settings.uiHost === '' ? say('plainHttpEverywhere') : say('plainHttp', { host: settings.uiHost });
      }, facts),
  },
  {
    id: 'palette-install',
    area: 'security',
    severity: 'notice',
    title: 'nobody installs programs from the editor',
    looksAt: 'externalModules.palette.allowInstall of settings.js',
    remedy: 'Set externalModules.palette.allowInstall: false; new nodes come by npm, with a backup before.',
    docs: 'docs/stack.md',
    look: (facts) => ofSettings(({ allowsInstall }) => (allowsInstall ? say('install') : undefined), facts),
  },
  {
    id: 'log-level',
    area: 'security',
    severity: 'notice',
    title: 'the log does not tell everything',
    looksAt: 'logging.console.level of settings.js',
    remedy: "Set the level back to 'info': debug and trace fill the disk, and tell what messages hold.",
    docs: 'docs/stack.md',
    look: (facts) =>
      ofSettings(
        ({ logLevel }) => (['debug', 'trace'].includes(logLevel) ? say('logLevel', { level: logLevel }) : undefined),
        facts,
      ),
  },
];
