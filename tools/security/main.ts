/** `npx tsx tools/security/main.ts`: writes the pages of docs/security that are made of rows. */
import { writeFileSync } from 'node:fs';
import { securityPages } from './pages';

for (const [path, text] of securityPages()) writeFileSync(path, text);
