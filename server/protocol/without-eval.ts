import { config } from 'zod';

// zod tries at the first object schema whether it may make functions from text. Our pages forbid that, and a browser
// reports the try as a violation of their policy. Imported by every file here that makes schemas.
config({ jitless: true });
