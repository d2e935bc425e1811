import { z } from 'zod';
import { platformSettings } from '@accord/platform';
import { renderDefaults, type RenderSettings } from './document/rendering.ts';

export const contractSettings = platformSettings.extend({
  /**
   * Path of the PKCS#12 file with the seal's key and certificate; development makes a test seal without it
   * (CTR-22).
   */
  ACCORD_SEAL_P12: z.string().min(1).optional(),
  ACCORD_SEAL_PASSWORD: z.string().optional(),
  /** Threads that render contracts, at most; each starts when it is needed. */
  ACCORD_RENDER_WORKERS: z.coerce.number().int().min(1).max(64).default(renderDefaults.workers),
  /** Drafts that wait to be rendered; more are refused with 503. */
  ACCORD_RENDER_QUEUE: z.coerce.number().int().min(1).max(10_000).default(renderDefaults.queue),
  /** Of one contract, ms; a sealing's lease is 20 s. */
  ACCORD_RENDER_DEADLINE_MS: z.coerce.number().int().min(100).max(15_000).default(renderDefaults.deadlineMs),
  /** JavaScript's heap of a render worker, MB; beside it lie 21 MB of fonts and the file. */
  ACCORD_RENDER_MEMORY_MB: z.coerce.number().int().min(64).max(4_096).default(renderDefaults.memoryMegabytes),
});

export const renderSettingsOf = (settings: z.output<typeof contractSettings>): RenderSettings => ({
  workers: settings.ACCORD_RENDER_WORKERS,
  queue: settings.ACCORD_RENDER_QUEUE,
  deadlineMs: settings.ACCORD_RENDER_DEADLINE_MS,
  memoryMegabytes: settings.ACCORD_RENDER_MEMORY_MB,
});
