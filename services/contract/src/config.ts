import { z } from 'zod';
import { platformSettings } from '@accord/platform';

export const contractSettings = platformSettings.extend({
  /**
   * Path of the PKCS#12 file with the seal's key and certificate; development makes a test seal without it
   * (CTR-22).
   */
  ACCORD_SEAL_P12: z.string().min(1).optional(),
  ACCORD_SEAL_PASSWORD: z.string().optional(),
});
