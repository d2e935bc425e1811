import { DomainServiceType, ProductSnapshot } from '@accord/events/product';
import { loadProfile, shippedProfiles } from '@accord/profile';
import { catalogue } from './catalogue.ts';

describe.each(shippedProfiles)('the catalogue of %s', (name) => {
  const profile = loadProfile(name);
  const products = catalogue[name];

  test('every product is what the order service publishes', () => {
    for (const product of products)
      expect(ProductSnapshot.parse({ ...product, version: 1 })).toEqual({ ...product, version: 1 });
    expect(new Set(products.map(({ productCode }) => productCode)).size).toBe(products.length);
  });

  test(
    'every product is invoiced by an entity of the profile, in ' +
      'its currency, and every entity sells something',
    () => {
      for (const { invoicingEntity, prices } of products) {
        const entity = profile.invoicingEntities.find(({ code }) => code === invoicingEntity);
        for (const { currency } of prices) expect(currency).toBe(entity?.currency);
      }
      expect(new Set(products.map(({ invoicingEntity }) => invoicingEntity)).size).toBe(
        profile.invoicingEntities.length,
      );
    },
  );

  test('it has what the rules tell apart: domains, packages, pay-as-you-go, marketplace, customised', () => {
    expect(
      products.filter(({ form }) => form === 'domain').every(({ serviceTypes }) => serviceTypes.length > 0),
    ).toBe(true);
    const forms = products.map(({ form }) => form);
    expect(forms).toEqual(
      expect.arrayContaining(['instance', 'usage_package', 'storage_package', 'domain', 'one_time']),
    );
    const categories = products.map(({ category }) => category);
    expect(categories).toEqual(expect.arrayContaining(['MKT', 'CUSTOM']));
    expect(products.some(({ chargeTypes }) => chargeTypes.includes('pay_as_you_go'))).toBe(true);
  });
});

test('the service types a profile may name are those that orders have', () => {
  expect(loadProfile('alibaba').contracts.unpaidDomainServiceTypes).toEqual(DomainServiceType.options);
});
