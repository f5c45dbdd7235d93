import { FIRST_CUSTOM_INDEX, canonicalIndex } from './metrics';
import { PROCESS_INSTANCE } from './template-instances';

/** Aliases of one device stand in blocks of this size; the first block belongs to the edge node itself. */
const BLOCK_SIZE = 4096;

/** Hands out blocks of aliases, so that an alias is unique over the edge node and all its devices. */
export class AliasBlocks {
  #next = 1;

  /** First alias of a block that nobody has. */
  open(): number {
    return BLOCK_SIZE * this.#next++;
  }
}

/**
 * The aliases of one device: those of canonical metrics follow from their place in the catalogue, so that they stay the
 * same whatever arrives first; others are counted up from `FIRST_CUSTOM_INDEX`, into further blocks where one is full.
 */
export class DeviceAliases {
  readonly #blocks: AliasBlocks;
  readonly #base: number;
  readonly #custom = new Map<string, number>();
  #customBase: number;
  #nextCustom = FIRST_CUSTOM_INDEX;

  constructor(blocks: AliasBlocks) {
    this.#blocks = blocks;
    this.#base = blocks.open();
    this.#customBase = this.#base;
  }

  /** The alias of a metric; always the same for the same name. */
  of(name: string): number {
    const index = name === PROCESS_INSTANCE ? 0 : canonicalIndex(name);
    if (index !== undefined) return this.#base + index;
    let alias = this.#custom.get(name);
    if (alias === undefined) {
      alias = this.#nextAlias();
      this.#custom.set(name, alias);
    }
    return alias;
  }

  #nextAlias(): number {
    if (this.#nextCustom === BLOCK_SIZE) {
      this.#customBase = this.#blocks.open();
      this.#nextCustom = 0;
    }
    return this.#customBase + this.#nextCustom++;
  }
}
