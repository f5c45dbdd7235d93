import { tailsOfAll } from '../testkit/servers/processes';

/** What servers wrote last explains most failures of tests with real servers. */
export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    if (this.currentTest?.state === 'failed') console.error(tailsOfAll());
  },
};
