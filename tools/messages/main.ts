/** `npx tsx tools/messages/main.ts`: writes docs/messages.md. */
import { writeFileSync } from 'node:fs';
import { MESSAGES_PAGE, messagesPage } from './page';

writeFileSync(MESSAGES_PAGE, messagesPage());
