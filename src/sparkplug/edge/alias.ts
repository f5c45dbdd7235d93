import { FIRST_CUSTOM_INDEX, canonicalIndex } from '../metrics/metrics';

/** Aliases of one device stand in blocks of this size; the first block belongs to the edge node itself. */
const BLOCK_SIZE = 4096;

/** Hands out blocks of aliases, so that an alias is unique over the edge node and all its devices. */
export class AliasBlocks {
  private next = 1;

  /** First alias of a block that nobody has. */
  open(): number {
    return BLOCK_SIZE * this.next++;
  }
}

/**
 * The aliases of one device. In the first DBIRTH after an NBIRTH those of canonical metrics follow from the column
 * of their row, so that they stay the same whatever arrives first; others are counted up from `FIRST_CUSTOM_INDEX`, into
 * further blocks where one is full. Every further DBIRTH has new ones: hosts built on Eclipse Tahu refuse a birth that
 * brings an alias which they know already, and forget aliases only with an NBIRTH.
 */
export class DeviceAliases {
  private readonly blocks: AliasBlocks;
  private readonly custom = new Map<string, number>();
  /** First aliases of the blocks of the first DBIRTH, in order. */
  private readonly first: number[];
  /** Those in use now. */
  private bases: number[];
  private isUsed = false;

  constructor(blocks: AliasBlocks) {
    this.blocks = blocks;
    this.first = [blocks.open()];
    this.bases = this.first;
  }

  /** An NBIRTH has made hosts forget every alias. */
  restart(): void {
    this.bases = this.first;
    this.isUsed = false;
  }

  /** A DBIRTH is about to be made. */
  begin(): void {
    if (this.isUsed) this.bases = [];
    this.isUsed = true;
  }

  /** The alias of a metric; the same for the same name until the next `begin` or `restart`. */
  of(name: string): number {
    const index = canonicalIndex(name) ?? this.customIndex(name);
    const block = Math.floor(index / BLOCK_SIZE);
    while (this.bases.length <= block) this.bases.push(this.blocks.open());
    return (this.bases[block] ?? 0) + (index % BLOCK_SIZE);
  }

  private customIndex(name: string): number {
    const index = this.custom.get(name) ?? FIRST_CUSTOM_INDEX + this.custom.size;
    this.custom.set(name, index);
    return index;
  }
}
