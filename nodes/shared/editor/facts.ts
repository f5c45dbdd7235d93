import type { FormFacts } from '../field';

/** Put in by the build, for each form its own. */
declare const FORM_FACTS: FormFacts;

/** What the type of this form can be set to. */
export const FACTS: FormFacts = FORM_FACTS;
