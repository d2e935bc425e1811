import { request } from 'node:https';
import type { FetchImplementation } from 'jose';
import type { TlsMaterial } from '@accord/core/runtime';

/** As jose fetches keys: a GET, here by TLS that trusts the CA of now (API-17). */
export const trustingFetch =
  (material: () => TlsMaterial): FetchImplementation =>
  (url, { headers, signal }) =>
    new Promise((resolve, reject) => {
      const sent = request(url, { ...material(), headers: Object.fromEntries(headers), signal }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.once('error', reject);
        answer.once('end', () => {
          const { statusCode: status = 502 } = answer;
          // A redirection, or an answer without a body, brings no keys.
          resolve(
            new Response(status === 200 ? Buffer.concat(parts) : null, {
              status: status < 200 ? 502 : status,
            }),
          );
        });
      });
      sent.once('error', reject).end();
    });
