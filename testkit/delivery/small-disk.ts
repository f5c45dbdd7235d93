import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A disk of a few megabytes on which writes fail with ENOSPC as on any full disk. */
export interface SmallDisk {
  /** What it is made of, for whoever reads the tests. */
  readonly madeOf: string;
  /** Takes all room that is left, until it is called again with false. */
  fill(isFull: boolean): void;
  /** Takes room until this share of the disk is left, below 1. */
  leave(share: number): void;
  remove(): void;
}

const SHARED_MEMORY = '/dev/shm';
/** Shared memory that is larger than this is not filled up for a test. */
const LARGEST_TO_FILL = 256 * 1024 * 1024;

/**
 * Puts a small disk at `folder`: a tmpfs where this process may mount one, else what is left of a small /dev/shm, as
 * containers have it.
 * @throws Error with what to do where neither is possible
 */
export function makeSmallDisk(folder: string, bytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  const refusal = mount(folder, bytes);
  if (refusal === undefined) {
    const umount = (): void => void execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });
    return { madeOf: `a tmpfs of ${bytes} bytes`, fill: filler(folder), leave: leaver(folder), remove: umount };
  }
  const { bsize, blocks, bavail } = statfsSync(SHARED_MEMORY);
  if (blocks * bsize <= LARGEST_TO_FILL && bavail * bsize > bytes) {
    const place = mkdtempSync(join(SHARED_MEMORY, 'pm500-'));
    writeFileSync(join(place, 'ballast'), Buffer.alloc(bavail * bsize - bytes));
    const own = join(place, 'disk');
    mkdirSync(own);
    rmSync(folder, { recursive: true });
    symlinkSync(own, folder);
    const remove = (): void => {
      rmSync(place, { recursive: true, force: true });
    };
    return {
      madeOf: `the last ${bytes} bytes of ${SHARED_MEMORY} (${refusal})`,
      fill: filler(folder),
      leave: leaver(folder),
      remove,
    };
  }
  throw new Error(
    `No small disk can be made for the test of a full one: a tmpfs cannot be mounted (${refusal}), and ${SHARED_MEMORY} is too large to fill. Run the tests as root where mounts are allowed (docker run --cap-add SYS_ADMIN), or with a ${SHARED_MEMORY} of 64 MB.`,
  );
}

/** Why no tmpfs can be mounted; undefined when it was. */
function mount(folder: string, bytes: number): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'pm500-test', folder], { stdio: 'pipe' });
    return undefined;
  } catch (thrown) {
    const said = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr) : String(thrown);
    return said.trim().split('\n')[0] ?? '';
  }
}

function leaver(folder: string): SmallDisk['leave'] {
  return (share) => {
    const { bsize, blocks, bavail } = statfsSync(folder);
    writeFileSync(join(folder, 'filled'), Buffer.alloc(Math.max(0, Math.floor(bavail - share * blocks)) * bsize));
  };
}

function filler(folder: string): (isFull: boolean) => void {
  const file = join(folder, 'filled');
  return (isFull) => {
    if (!isFull) {
      rmSync(file, { force: true });
      return;
    }
    const { bsize, bavail } = statfsSync(folder);
    if (bavail > 0) writeFileSync(file, Buffer.alloc(bavail * bsize));
  };
}
