// The packages of the production image, from the lock: a bill of materials (CycloneDX 1.5, JSON), or with
// --licenses a line for each package with its licence.
import { packagesOfImage } from '../sbom.ts';

const [option, ...more] = process.argv.slice(2);
if ((option && option !== '--licenses') || more.length > 0) {
  console.error('usage: npm run sbom -- [--licenses]');
  process.exit(2);
}
const { document, packages } = packagesOfImage();
if (option) for (const { name, version, license } of packages) console.log(`${name}@${version} ${license}`);
else console.log(JSON.stringify(document, undefined, 2));
