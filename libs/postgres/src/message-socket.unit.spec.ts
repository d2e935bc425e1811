import { Messages } from './message-socket.ts';

const message = (length: number, letter: string) => {
  const bytes = Buffer.alloc(1 + length, letter);
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

test('messages come out whole and in their order, however they are cut, long ones too', () => {
  const sent = Buffer.concat(
    [4, 4, 100, 65_530, 5, 3_000_000, 7, 70_000, 70_000, 900_000, 4].map((length, n) =>
      message(length, String.fromCharCode(65 + n)),
    ),
  );
  for (const most of [97, 4_096, 65_536, Infinity]) {
    const messages = new Messages();
    const given: Buffer[] = [];
    for (let from = 0; from < sent.length;) {
      const room = messages.room();
      const length = sent.copy(room, 0, from, Math.min(from + most, sent.length));
      if (length === 0) throw new Error('there is no room');
      from += length;
      const whole = messages.add(length);
      if (whole) given.push(Buffer.from(whole));
    }
    expect(Buffer.concat(given).equals(sent)).toBe(true);
    for (const whole of given) expect(lengthOfMessages(whole)).toBe(whole.length);
  }
});

function lengthOfMessages(whole: Buffer): number {
  let at = 0;
  while (at < whole.length) at += 1 + whole.readUInt32BE(at + 1);
  return at;
}

test('a message that would be larger than memory gets no more room than twice its bytes', () => {
  const messages = new Messages();
  messages.room().write('HTTP/1.1 400 Bad Request');
  expect(messages.add(24)).toBeUndefined();
  expect(messages.room().length).toBeLessThan(65_536);
});
