// Makes the development database with its roles and empty schemas on the server at ACCORD_POSTGRES_URL; may
// be repeated.
import { provisionDatabase } from '@accord/postgres/provision';
import { developmentPassword } from '@accord/testing';
import { database } from '../parts/data-folder.ts';
import { databaseUrl, makeDatabase } from '../parts/database.ts';

const { ACCORD_ENV, ACCORD_POSTGRES_URL: serverUrl } = process.env;
if (ACCORD_ENV !== 'development')
  throw new Error('These passwords are known to everybody: only with ACCORD_ENV=development.');
if (!serverUrl) throw new Error("ACCORD_POSTGRES_URL is not set: the superuser's address of the server.");
await makeDatabase(serverUrl, database);
await provisionDatabase(databaseUrl(serverUrl, database), { passwordOf: developmentPassword });
console.log(`Database ${database} has its roles and schemas.`);
