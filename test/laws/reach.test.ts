import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { registerAdmin } from '../../nodes/shared/admin';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

/** Who may start a process or a thread: the doctor and its readers, the process of JSONata mappings, and keys in tokens. */
const STARTERS = [
  'nodes/pm500-normalize/mapping/mapping-child.ts',
  'nodes/pm500-normalize/mapping/mapping-process.ts',
  'nodes/pm500-normalize/mapping/mapping-worker.ts',
  'nodes/shared/doctor-run.ts',
  'src/cli/print-pdf.ts',
  'src/doctor/readers/host.ts',
  'src/doctor/readers/settings-file.ts',
  'src/iot/enroll/pkcs11-tool.ts',
];
/** Folders whose code may open a socket, or ask for a name. What Node-RED itself does is not of this package. */
const NETWORKERS = ['acquisition', 'cli', 'doctor', 'influx', 'iot', 'mqtt', 'outbox', 'simulator', 'transport'];
/** MQTT.js connects from here, and over its connection everything else. */
const MQTT_STARTERS = ['nodes/', 'src/cli/', 'src/iot/', 'src/mqtt/', 'src/sparkplug/'];
/** Permissions by page, each more than the one to read flows. */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  'pm500.read': ['get /pm500/metrics', 'get /pm500/overview', 'get /pm500/stores/:id'],
  'pm500.scan': [
    'delete /pm500/live/:id',
    'get /pm500/meters/:id/layout-check',
    'get /pm500/scan',
    'post /pm500/live',
    'post /pm500/meter-test',
  ],
  'pm500.test': ['post /pm500/influx-test', 'post /pm500/iot-test', 'post /pm500/sparkplug-test'],
  'pm500.doctor': ['post /pm500/doctor'],
  'pm500.acknowledge': ['post /pm500/alarms/acknowledge'],
  'flows.write': ['post /pm500/form-check'],
};

const SOURCES = [...filesBelow('src', '.ts'), ...filesBelow('nodes', '.ts')];
/** Sources in which a pattern stands outside of comments. */
function holders(pattern: RegExp, files = SOURCES): readonly string[] {
  return files
    .filter((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
      return pattern.test(text);
    })
    .sort();
}

/** What is registered with a Node-RED that only notes it. */
function pagesOf(): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  const noting =
    (method: string) =>
    (path: string, guard: unknown): void => {
      const permission =
        typeof guard === 'object' && guard !== null && 'permission' in guard ? guard.permission : 'none';
      pages.set(`${method} ${path}`, String(permission));
    };
  const red = {
    httpAdmin: { get: noting('get'), post: noting('post'), delete: noting('delete'), put: noting('put') },
    auth: { needsPermission: (permission: string) => ({ permission }) },
    events: { on: () => undefined },
    settings: {},
  };
  registerAdmin(red as unknown as NodeAPI);
  return pages;
}

describe('what the code can reach', () => {
  it('no text becomes code: no eval, no Function, no vm', () => {
    assert.deepEqual(holders(/\beval\(|\bnew Function\b|from '(?:node:)?vm'|setTimeout\(\s*['"`]/), []);
  });

  it('processes and threads are started in a few places', () => {
    assert.deepEqual(holders(/from '(?:node:)?(?:child_process|worker_threads|cluster)'/), STARTERS);
  });

  it('sockets are opened by transports, sinks, the doctor and the simulated meter, and by nobody else', () => {
    const users = holders(/from '(?:node:)?(?:net|tls|https?|http2|dgram|dns|dns\/promises)'/);
    const folders = new Set(users.map((file) => file.split('/').slice(0, 2).join('/')));
    assert.deepEqual(
      [...folders].sort(),
      NETWORKERS.map((folder) => `src/${folder}`),
      'the folder of a sink that opens connections is one more of NETWORKERS above',
    );
    assert.deepEqual(
      holders(/\bfetch\(|new (?:WebSocket|EventSource|XMLHttpRequest)\b/),
      ['src/cli/drill.ts'],
      'node:http and node:https take the certificates and the proxy of a site, fetch does not: use those',
    );
    for (const file of holders(/from 'mqtt'|import\('mqtt'\)/)) {
      assert.ok(
        MQTT_STARTERS.some((folder) => file.startsWith(folder)),
        file,
      );
    }
  });

  it('nothing from outside becomes HTML in the editor: texts are set as texts', () => {
    const editor = SOURCES.filter((file) => file.includes('/editor/') || file.endsWith('/form.ts'));
    assert.ok(editor.length > 20);
    assert.deepEqual(holders(/innerHTML|outerHTML|insertAdjacentHTML|\.html\(|document\.write|DOMParser/, editor), []);
  });

  it('every page of the editor asks for a permission, and one that has something sent or tried for one of its own', () => {
    const expected = Object.entries(PERMISSIONS).flatMap(([permission, paths]) =>
      paths.map((path) => [path, permission]),
    );
    assert.deepEqual(Object.fromEntries(pagesOf()), Object.fromEntries(expected));
    const guide = readFileSync(join(ROOT, 'docs/security/hardening.md'), 'utf8');
    for (const permission of Object.keys(PERMISSIONS)) {
      if (permission.startsWith('pm500.')) assert.ok(guide.includes(`\`${permission}\``), permission);
    }
  });

  it('the package runs nothing when it is installed', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare']) {
      assert.ok(!(name in scripts), name);
    }
  });
});
