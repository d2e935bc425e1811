import { packagesOfImage } from './sbom.ts';

const { document, packages } = packagesOfImage();

test('each package of the image has one licence that may be shipped with Apache-2.0', () => {
  const permissive = ['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'OFL-1.1'];
  const others = packages.filter(({ license }) =>
    license.split(/ AND | OR /).some((part) => !permissive.includes(part.replaceAll(/[()]/g, ''))),
  );
  expect(others).toEqual([]);
});

test('the bill of materials has what services need, each once, and nothing of tests and development', () => {
  const names = packages.map(({ name, version }) => `${name}@${version}`);
  expect(new Set(names).size).toBe(names.length);
  const plain = packages.map(({ name }) => name);
  expect(plain).toEqual(expect.arrayContaining(['pg', 'kafkajs', '@accord/order', '@accord/audit']));
  for (const absent of ['jest', 'typescript', '@accord/testing', '@accord/local', 'smtp-server'])
    expect(plain).not.toContain(absent);
  expect(document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
});
