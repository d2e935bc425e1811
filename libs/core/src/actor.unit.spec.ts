import { actorId, isSameSubject } from './actor.ts';

test('an actor is named by kind and id', () => {
  expect(actorId({ kind: 'customer', id: 'usr_1' })).toBe('customer:usr_1');
});

test('an applicant is the same subject as an operator (CTR-24, RFD-13)', () => {
  expect(isSameSubject('customer:usr_1', 'operator:usr_1')).toBe(true);
  expect(isSameSubject('customer:usr_1', 'customer:usr_2')).toBe(false);
  expect(isSameSubject('customer:corp:usr_1', 'operator:usr_1')).toBe(false);
});
