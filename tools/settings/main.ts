/** `npx tsx tools/settings/main.ts`: writes docs/settings.md. */
import { writeFileSync } from 'node:fs';
import { SETTINGS_PAGE, writeSettingsPage } from './page';

writeFileSync(SETTINGS_PAGE, writeSettingsPage());
