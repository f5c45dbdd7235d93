/** What the browser of a widget is told; the rest depends on the widget. */
export interface BoardUpdate {
  /** The clock of Node-RED, epoch milliseconds UTC. */
  readonly now: number;
  /** Names of the meters to choose from, where they are others than before. */
  readonly names?: readonly string[];
  /** The one that is shown; empty while there is none. */
  readonly chosen: string;
}
