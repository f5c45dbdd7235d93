import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readServiceUnit } from '../../src/doctor/readers/service-unit';
import { ROOT } from '../../testkit/root';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { HealthySite } from './healthy-site';

describe('what the doctor reads of', () => {
  const folder = temporaryFolder('doctor-units');
  after(() => {
    removeFolder(folder);
  });

  it('a unit with its drop-ins, the last of which counts', () => {
    const place = join(folder, 'systemd');
    mkdirSync(join(place, 'node-red.service.d'), { recursive: true });
    writeFileSync(
      join(place, 'node-red.service'),
      '[Service]\nExecStart=/usr/bin/node-red \\\n  --max-old-space-size=512\nRestart=no\n',
    );
    writeFileSync(join(place, 'node-red.service.d', 'own.conf'), '[Service]\nRestart=always\n');
    const unit = readServiceUnit('', [place]);
    assert.ok('seen' in unit);
    assert.equal(unit.seen.values['Restart'], 'always');
    assert.match(unit.seen.values['ExecStart'] ?? '', /max-old-space-size=512/);
    assert.ok('unseen' in readServiceUnit('', [join(folder, 'nowhere')]));
  });

  it('the unit that docs/operating.md has, with no finding of any check of services', async () => {
    const page = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8');
    const [, text = ''] = /^```ini\n([^]*?)^```/m.exec(page) ?? [];
    const site = new HealthySite();
    site.unit = text;
    const { results } = site.examine(await site.facts());
    removeFolder(site.folder);
    const ofService = results.filter(({ area }) => area === 'service');
    assert.ok(ofService.length >= 8);
    assert.deepEqual(
      ofService.filter(({ outcome }) => outcome !== 'ok').map(({ id, evidence }) => [id, ...evidence]),
      [],
    );
  });

  it('a unit and its drop-ins as systemd takes them: by name over all folders, lists add up', () => {
    const [etc, lib] = ['etc', 'lib'].map((name) => join(folder, 'units', name));
    assert.ok(etc !== undefined && lib !== undefined);
    const write = (place: string, name: string, ...lines: readonly string[]): void => {
      mkdirSync(join(place, 'node-red.service.d'), { recursive: true });
      const path = name === '' ? join(place, 'node-red.service') : join(place, 'node-red.service.d', name);
      writeFileSync(path, `${lines.join('\n')}\n`);
    };
    write(
      lib,
      '',
      ...['[Unit]', 'After=network-online.target', '[Service]', 'Environment=NODE_OPTIONS=--max-old-space-size=512'],
      ...['User=root', 'MemoryMax=1G', '[Install]', 'WantedBy=graphical.target plant.target'],
    );
    write(lib, '20-same.conf', 'User=root');
    write(lib, '90-last.conf', 'Environment=PLANT=hamburg', 'MemoryMax=');
    write(etc, '20-same.conf', 'User=node-red', 'After=influxdb.service', 'After=');
    write(etc, '50-etc.conf', 'Restart=always', 'ExecStart=', 'ExecStart=/usr/bin/node-red');
    write(lib, '10-first.conf', 'Restart=no', 'ExecStart=/usr/bin/other', 'EnvironmentFile=/a', 'EnvironmentFile=');
    mkdirSync(join(etc, 'plant.target.wants'));
    writeFileSync(join(etc, 'plant.target.wants', 'node-red.service'), '');
    const unit = readServiceUnit('', [etc, lib]);
    assert.ok('seen' in unit);
    assert.deepEqual(unit.seen.values, {
      After: 'network-online.target influxdb.service',
      Environment: 'NODE_OPTIONS=--max-old-space-size=512 PLANT=hamburg',
      User: 'node-red',
      WantedBy: 'graphical.target plant.target',
      Restart: 'always',
      ExecStart: '/usr/bin/node-red',
    });
    assert.equal(unit.seen.isEnabled, true);
  });
});
