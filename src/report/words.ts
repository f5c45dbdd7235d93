import type { ReportWords } from './report-words';
import { GERMAN } from './words-de';
import { ENGLISH } from './words-en';

export const REPORT_LANGUAGES = ['en', 'de'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

const LANGUAGES: Readonly<Record<ReportLanguage, ReportWords>> = { en: ENGLISH, de: GERMAN };

export const reportWords = (language: ReportLanguage): ReportWords => LANGUAGES[language];
