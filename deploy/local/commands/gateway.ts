import { join } from 'node:path';
// The front door, the token issuer and the mailbox as one process, for docker-compose.yml.
import { serviceNames } from '@accord/events/services';
import { home } from '../parts/data-folder.ts';
import { startFrontDoor, type Origins } from '../parts/gateway.ts';
import { openSigner, startIssuer } from '../parts/issuer.ts';
import { mailLine, startMailbox } from '../parts/mailbox.ts';

/** `http://{service}:8080` */
const serviceUrl = process.env.ACCORD_SERVICE_URL;
if (!serviceUrl?.includes('{service}'))
  throw new Error('ACCORD_SERVICE_URL says where services are: http://{service}:8080');

const host = '0.0.0.0';
const issuer = await startIssuer(await openSigner(join(home, 'issuer.json')), { port: 8081, host });
const mailbox = await startMailbox({ port: 2525, host, onMail: (mail) => console.log(mailLine(mail)) });
const urls = Object.fromEntries(serviceNames.map((name) => [name, serviceUrl.replace('{service}', name)]));
const clock = process.env.ACCORD_DEVELOPMENT_CLOCK;
const origins: Origins = { ...urls, issuer: issuer.url };
const door = await startFrontDoor({ port: 8080, host, origins, ...(clock && { clock }) });
console.log(`front door ${door.url}, issuer ${issuer.url}, mailbox ${mailbox.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(
    signal,
    () => void Promise.all([door.stop(), issuer.stop(), mailbox.stop()]).then(() => process.exit(0)),
  );
}
