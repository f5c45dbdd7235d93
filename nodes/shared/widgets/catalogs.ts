/** The texts of one language. */
export interface Catalog {
  readonly [key: string]: string | Catalog;
}
