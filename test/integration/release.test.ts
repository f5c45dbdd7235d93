import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { ROOT } from '../../testkit/root';

const PAGE = readFileSync(join(ROOT, 'docs/security/verify-a-release.md'), 'utf8');
/** What a clone has not. */
const NOT_OF_A_CLONE = ['.git', 'node_modules', 'dist', 'examples/reference-flows', '.bench', '.demo', 'coverage'];
/** A clock that is 400 days ahead, for every Node.js below. */
const LATER = `const Now = Date;
globalThis.Date = class Date extends Now {
  constructor(...given) { given.length === 0 ? super(Now.now() + 34560000000) : super(...given); }
  static now() { return Now.now() + 34560000000; }
};\n`;

/** It asks nobody whether there is a newer npm. */
const OFFLINE = { npm_config_update_notifier: 'false', npm_config_offline: 'true', npm_config_audit: 'false' };

const sumOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** The commands of the page below this mark. */
function commandsOf(mark: string): string {
  const start = PAGE.indexOf(`\`\`\`sh ${mark}\n`);
  assert.notEqual(start, -1, mark);
  return PAGE.slice(start, PAGE.indexOf('\n```', start + 1))
    .split('\n')
    .slice(1)
    .join('\n');
}

/** A clone at another place, made by somebody whose files are for himself alone. */
function cloneInto(folder: string): string {
  const clone = join(folder, 'another', 'place');
  const left = NOT_OF_A_CLONE.map((path) => join(ROOT, path));
  cpSync(ROOT, clone, { recursive: true, filter: (path) => !left.includes(path) && !path.endsWith('.tgz') });
  execFileSync('chmod', ['-R', 'go=', clone]);
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  return clone;
}

describe('a release', function () {
  // It builds the package.
  this.timeout(900_000);
  const folder = temporaryFolder('release');
  const out = join(folder, 'release');
  let tarball = '';
  let bill = '';

  before(() => {
    const clone = cloneInto(folder);
    const later = join(folder, 'later.cjs');
    writeFileSync(later, LATER);
    const odd = { TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', LC_ALL: 'C', NODE_OPTIONS: `--require=${later}` };
    const script = 'umask 077 && exec npm run --silent release -- "$0"';
    const printed = execFileSync('sh', ['-c', script, out], {
      cwd: clone,
      env: { ...process.env, ...OFFLINE, ...odd },
      encoding: 'utf8',
    });
    [tarball = '', bill = ''] = printed.trim().split('\n');
  });

  after(() => {
    removeFolder(folder);
  });

  const sh = (commands: string, cwd = out): { readonly status: number | null; readonly output: string } => {
    const { status, stdout, stderr } = spawnSync('sh', ['-ec', commands], { cwd, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };

  it('has the same bytes from another folder, day, time zone, language and umask', () => {
    const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: ROOT,
      env: { ...process.env, ...OFFLINE },
      encoding: 'utf8',
    });
    assert.equal(packed.trim(), tarball);
    const listing = (path: string): readonly string[] =>
      execFileSync('tar', ['--utc', '--full-time', '-tvzf', path], { encoding: 'utf8' }).split('\n');
    assert.deepEqual(listing(join(out, tarball)), listing(join(folder, tarball)), 'is dist/ of now? npm run build');
    assert.equal(sumOf(join(out, tarball)), sumOf(join(folder, tarball)));
    assert.equal(sh(commandsOf('inside')).output, sh(commandsOf('inside'), folder).output);
  });

  it('holds its bill of materials, and no secret, no test and no absolute path of who made it', () => {
    const unpacked = join(folder, 'unpacked');
    execFileSync('mkdir', [unpacked]);
    execFileSync('tar', ['-xzf', join(out, tarball), '-C', unpacked]);
    assert.equal(sumOf(join(unpacked, 'package/dist/sbom.cdx.json')), sumOf(join(out, bill)));
    assert.equal(sh(`grep -rlF -e '${folder}' -e '${ROOT}' .`, unpacked).output, '');
    for (const kept of ['test', 'testkit', 'src', 'deploy/compose/secrets', 'deploy/compose/.env']) {
      assert.ok(!readdirSync(join(unpacked, 'package'), { recursive: true, encoding: 'utf8' }).includes(kept), kept);
    }
    const asked = sh(commandsOf('ask'), join(unpacked, 'package/dist'));
    assert.match(asked.output, /^8\.\d+\.\d+\n$/);
  });

  it('is signed and verified by the commands of the page, and nothing else passes', () => {
    assert.equal(sh(commandsOf('key')).status, 0);
    assert.equal(sh(commandsOf('sign')).status, 0);
    assert.match(sh(commandsOf('fingerprint')).output, /^[0-9a-f]{64} /);
    const verify = commandsOf('verify');
    const good = sh(verify);
    assert.equal(good.output, `Verified OK\n${bill}: OK\n${tarball}: OK\n`);
    assert.equal(good.status, 0);

    const spoil = (name: string, how: (path: string) => void, says: RegExp): void => {
      const copy = join(folder, `spoiled-${name}`);
      cpSync(out, copy, { recursive: true });
      how(join(copy, name));
      const { status, output } = sh(verify, copy);
      assert.notEqual(status, 0, name);
      assert.match(output, says);
      rmSync(copy, { recursive: true });
    };
    const flip = (path: string): void => {
      const bytes = readFileSync(path);
      const middle = bytes.length >> 1;
      bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
      writeFileSync(path, bytes);
    };
    spoil(tarball, flip, /tgz: FAILED/);
    spoil(
      bill,
      (path) => {
        appendFileSync(path, ' ');
      },
      /cdx\.json: FAILED/,
    );
    spoil('SHA256SUMS', flip, /Verification failure/i);
    spoil(
      'SHA256SUMS',
      (path) => {
        writeFileSync(path, '');
      },
      /Verification failure/i,
    );
    spoil(
      tarball,
      (path) => {
        rmSync(path);
      },
      /FAILED open or read/,
    );
    spoil(
      'release-key.pub.pem',
      () => sh(commandsOf('key'), join(folder, `spoiled-release-key.pub.pem`)),
      /Verification failure/i,
    );
  });

  it('is not written over another one', () => {
    const again = spawnSync(process.execPath, ['--require', 'tsx/cjs', 'tools/release/main.ts', out], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.match(again.stderr, /is not empty; name another folder\./);
    assert.equal(again.status, 1);
    assert.ok(statSync(join(out, tarball)).size > 100_000);
  });
});
