import { stateOf } from './session.ts';

test('API-17 a connection gives way before the broker ends its session, and is not used beyond it', () => {
  const states = [0, 5_999, 6_000, 8_499, 8_500, 20_000].map((age) => stateOf({ age, lifetime: 10_000 }));
  expect(states).toEqual(['good', 'good', 'due', 'due', 'over', 'over']);
  expect(stateOf({ age: 1e9, lifetime: 0 })).toBe('good');
});
