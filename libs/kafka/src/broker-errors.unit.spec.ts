import kafkajs from 'kafkajs';
import { whenCoordinated } from './broker-errors.ts';

const { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = kafkajs;

const failure = (type: string) => {
  const broker = new KafkaJSProtocolError(
    Object.assign(new Error(type), { type, code: 15, retriable: true }),
  );
  return new KafkaJSNumberOfRetriesExceeded(broker, { retryCount: 5, retryTime: 1 });
};
const away = failure('GROUP_COORDINATOR_NOT_AVAILABLE');

test('a coordinator that a new broker does not have yet is waited for', async () => {
  const answers = [away, away, 'there'];
  const ask = async () => {
    const answer = answers.shift()!;
    if (typeof answer !== 'string') throw answer;
    return answer;
  };
  await expect(whenCoordinated(ask)).resolves.toBe('there');
  expect(answers).toEqual([]);
});

test('one that does not come is told in the end, and any other error at once', async () => {
  await expect(whenCoordinated(() => Promise.reject(away), { forMs: 0 })).rejects.toBe(away);
  const other = failure('GROUP_AUTHORIZATION_FAILED');
  let asked = 0;
  const ask = () => {
    asked += 1;
    return Promise.reject(other);
  };
  await expect(whenCoordinated(ask)).rejects.toBe(other);
  expect(asked).toBe(1);
});
