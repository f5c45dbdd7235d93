const NAME = /[A-Za-z_][\w.-]*/y;

/** The words of an XPath expression, taken one after the other. */
export class Tokens {
  private at = 0;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    this.skip();
    return this.at === this.text.length;
  }

  /** True where a step of a path begins. */
  get isStep(): boolean {
    this.skip();
    return /[\w.*]/.test(this.text.charAt(this.at));
  }

  take(sign: string): boolean {
    this.skip();
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  expect(sign: string): void {
    if (!this.take(sign)) throw this.fault(sign);
  }

  fault(expected: string): Error {
    return new Error(`XPath: ${expected} is missing at character ${this.at + 1} of ${this.text}`);
  }

  /** An operator that is a word. */
  takeWord(word: string): boolean {
    const found = this.match(NAME);
    if (found === word) return true;
    this.at -= found?.length ?? 0;
    return false;
  }

  takeText(): string | undefined {
    return this.match(/'[^']*'|"[^"]*"/y)?.slice(1, -1);
  }

  takeNumber(): number | undefined {
    const found = this.match(/\d+(\.\d+)?/y);
    return found === undefined ? undefined : Number(found);
  }

  /** The name of a function, with its bracket. */
  takeCall(): string | undefined {
    return this.match(/[a-z][a-z-]*\s*\(/y)?.replace(/\s*\($/, '');
  }

  /** One step of a path: a name, any name, the node itself or its parent. */
  takeStep(): string {
    const found = this.match(/\.\.|\.|\*/y) ?? this.match(NAME);
    if (found === undefined) throw this.fault('a name');
    return found;
  }

  private match(pattern: RegExp): string | undefined {
    this.skip();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private skip(): void {
    while (/\s/.test(this.text.charAt(this.at))) this.at += 1;
  }
}
