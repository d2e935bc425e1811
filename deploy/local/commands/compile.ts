// Loads what the services load, so that NODE_COMPILE_CACHE holds it compiled and without its types: four
// processes then start in half the time, and each is 27 MB smaller.
import { serviceNames } from '../parts/database.ts';

for (const name of serviceNames) await import(`../../../services/${name}/src/service.ts`);
