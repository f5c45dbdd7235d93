function setOf<Item>(sets: Map<string, Set<Item>>, key: string): Set<Item> {
  let set = sets.get(key);
  if (set === undefined) {
    set = new Set();
    sets.set(key, set);
  }
  return set;
}

/** Names of meters: one may be configured by its name and by its address. */
export class MeterNames {
  /** Other names of meters, to the one that counts. */
  private readonly aliases = new Map<string, string>();
  /** The same the other way round. */
  private readonly others = new Map<string, Set<string>>();

  /** The name that counts. */
  nameOf(meter: string): string {
    return this.aliases.get(meter) ?? meter;
  }

  /**
   * Two names turned out to mean one meter: from now on they do.
   * @returns false when that was known
   */
  unite(name: string, meter: string): boolean {
    const before = this.aliases.get(name);
    if (name === meter || before === meter) return false;
    if (before !== undefined) this.others.get(before)?.delete(name);
    this.aliases.set(name, meter);
    setOf(this.others, meter).add(name);
    return true;
  }

  /** Every name that means the same meter. */
  allOf(meter: string): readonly string[] {
    const name = this.nameOf(meter);
    const others = [...(this.others.get(name) ?? [])];
    return this.aliases.has(name) ? others : [name, ...others];
  }
}

/** What is noted of meters, found under any of their names at the same cost however many meters there are. */
export class MeterNotes<Note> {
  /** By the name under which it was noted. */
  private readonly notes = new Map<string, Set<Note>>();

  constructor(private readonly names: MeterNames) {}

  add(meter: string, note: Note): void {
    setOf(this.notes, meter).add(note);
  }

  /** Does nothing when it was taken back before. */
  delete(meter: string, note: Note): void {
    const notes = this.notes.get(meter);
    if (notes?.delete(note) === true && notes.size === 0) this.notes.delete(meter);
  }

  of(meter: string): readonly Note[] {
    return this.names.allOf(meter).flatMap((name) => [...(this.notes.get(name) ?? [])]);
  }
}
