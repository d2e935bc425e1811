import { openApi, type OpenApi } from '../../libs/http/src/server/openapi.ts';
import { withDeadLetterRoutes } from '../../libs/platform/src/dead-letter-routes.ts';
import { services } from '../docs/events-page.ts';

/** The document that every service serves at `/v1/openapi.json`; of the last release, once there is one. */
export const recordedFile = new URL('../../libs/http/openapi.json', import.meta.url);

/** An answer of each operation, as a system gave it (`npm run api:examples`). */
export const examplesFile = new URL('../../libs/http/answer-examples.json', import.meta.url);

/** The routes of all services as one OpenAPI document. */
export const wholeDocument = (): OpenApi => openApi('Accord', services().map(withDeadLetterRoutes));
