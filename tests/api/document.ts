import { openApi, type OpenApi } from '../../libs/http/src/server/openapi.ts';
import { withDeadLetterRoutes } from '../../libs/platform/src/dead-letter-routes.ts';
import { services } from '../docs/events-page.ts';

/** The routes of all services as one OpenAPI document, which each of them serves at `/v1/openapi.json`. */
export const wholeDocument = (): OpenApi => openApi('Accord', services().map(withDeadLetterRoutes));
