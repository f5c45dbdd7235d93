/** `npx tsx tools/causes/main.ts`: writes docs/connection-test.md. */
import { writeFileSync } from 'node:fs';
import { CAUSES_PAGE, writeCausesPage } from './page';

writeFileSync(CAUSES_PAGE, writeCausesPage());
