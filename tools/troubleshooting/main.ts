/** `npx tsx tools/troubleshooting/main.ts`: writes docs/troubleshooting.md. */
import { writeFileSync } from 'node:fs';
import { TROUBLESHOOTING_PAGE, writeTroubleshootingPage } from './page';

writeFileSync(TROUBLESHOOTING_PAGE, writeTroubleshootingPage());
