import assert from 'node:assert/strict';
import { join } from 'node:path';
import { COUNTED, COUNTING, countingFlow } from '../../testkit/sparkplug/counting-flow';
import { acknowledgedIn } from '../../testkit/noted-counts';
import { Watcher } from '../../testkit/sparkplug/watcher';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { mutualTlsLines, startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';

/** The core `tls-config` node with a client certificate in files. */
function tlsEntry(
  authority: CertificateAuthority,
  client: { readonly certificate: string; readonly key: string },
): FlowEntry {
  return {
    id: COUNTING.tls,
    type: 'tls-config',
    name: '',
    cert: client.certificate,
    key: client.key,
    ca: authority.certificate,
    certname: '',
    keyname: '',
    caname: '',
    servername: '',
    verifyservercert: true,
    alpnprotocol: '',
  };
}

describe('certificates of a Sparkplug edge node in a real Node-RED', function () {
  this.timeout(150_000);
  const authority = new CertificateAuthority();
  let broker: Mosquitto;
  let watcher: Watcher;
  let nodeRed: NodeRed;
  let port: number;
  let notes: string;

  before(async () => {
    port = await freePort();
    broker = await startMosquitto({ lines: mutualTlsLines(port, authority) });
    watcher = await Watcher.open(broker.url);
    nodeRed = await startNodeRed();
    notes = join(nodeRed.userDir, 'acknowledged.txt');
  });

  after(async () => {
    await nodeRed.stop();
    await watcher.close();
    await broker.stop();
  });

  const countFrom = Date.now();
  const deploy = (client: { readonly certificate: string; readonly key: string }): Promise<void> =>
    nodeRed.admin.deploy(
      countingFlow({
        port,
        notes,
        countFrom,
        edge: { useTls: true, tls: COUNTING.tls },
        further: [tlsEntry(authority, client)],
      }),
      {},
      'nodes',
    );

  async function expired(): Promise<void> {
    await waitFor('the status', () => nodeRed.channel.status(COUNTING.out).text === 'TLS failed', {
      timeoutMs: 40_000,
    });
    await waitFor('the log', () =>
      nodeRed.process.output().includes('the client certificate has expired; renew it in'),
    );
  }

  async function connected(): Promise<void> {
    const before = acknowledgedIn(notes).length;
    await waitFor('values', () => /^(sent|history): /.test(nodeRed.channel.status(COUNTING.out).text ?? ''), {
      timeoutMs: 60_000,
    });
    await waitFor('acknowledgments', () => acknowledgedIn(notes).length > before);
  }

  it('says that one has expired, and connects when its file was replaced, without a deployment', async () => {
    await deploy(authority.issue('first', -1));
    await expired();
    authority.issue('first', 5);
    await connected();
  });

  it('tells when the certificate ends that the broker shows, also of a broker that nobody else looks at', async () => {
    const page = await nodeRed.admin.get('pm500/metrics');
    const line = new RegExp(
      `^pm500_certificate_expires_seconds\\{node="${COUNTING.edge}",part="server"\\} (\\d+)$`,
      'm',
    );
    const [, end] = line.exec(page) ?? [];
    assert.equal(Math.round((Number(end) - Date.now() / 1000) / 86_400), 5, page);
  });

  it('says that one has expired, and connects when another file is deployed, with all values of meanwhile', async () => {
    await deploy(authority.issue('second', -1));
    await expired();
    await deploy(authority.issue('third', 5));
    await connected();
    const acknowledged = acknowledgedIn(notes);
    const missing = (): readonly number[] => acknowledged.filter((number) => !watcher.valuesOf(COUNTED).has(number));
    await waitFor('all acknowledged values', () => missing().length === 0, { timeoutMs: 40_000 });
    assert.deepEqual(watcher.host.violations, []);
    assert.deepEqual(watcher.host.twiceLive, []);
  });
});
