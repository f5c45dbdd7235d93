/** What the browser of a widget is told; the rest depends on the widget. */
export interface BoardUpdate {
  /** The clock of Node-RED, epoch milliseconds UTC. */
  readonly now: number;
  /** When the browser asked, by its own clock. */
  readonly askedAt: number;
  /** What the browser has once it has taken this; it says so when it asks again. */
  readonly version: number;
  /** Version of what the browser must have for this to fit; 0 where it stands for itself. */
  readonly since: number;
  /** Names of the meters to choose from, where they are others than before. */
  readonly names?: readonly string[];
  /** The one that is shown; empty while there is none. */
  readonly chosen: string;
  /** Meters that found no room on the board. */
  readonly leftOut: number;
  /** Most browsers that are served: so many look already, and this one is told nothing else. */
  readonly mostBrowsers?: number;
}
