/** First line of every file. */
export const GENERATED = 'Generated from the alert rules by tools/alerts; do not edit: npx tsx tools/alerts/main.ts';
