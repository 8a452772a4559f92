'use server';

import { withPerson } from '#app/with-person.ts';
import { PublishTermsInputSchema, publishTerms as publishTermsUseCase } from '#server/portal.ts';

export const publishTerms = withPerson(PublishTermsInputSchema, publishTermsUseCase);
