// Loaded before a service (`--import`): with ACCORD_OLDER the order service is an older version of itself,
// which does not subscribe to everything yet.
import { changeSource, type Change } from '../changed-source.ts';

export const lacks: Change = {
  file: 'services/order/src/reservation.ts',
  fragment: "  'contract.voided': { on: onContractEnded, locks: contractRows },\n",
  replacement: '',
};

if (process.env['ACCORD_OLDER']) changeSource(lacks);
