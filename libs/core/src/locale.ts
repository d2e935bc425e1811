import type { RefusalCode } from './refusal.ts';

export type Locale = 'zh-CN' | 'en';

/** `{name}` in a detail is filled from the refusal's facts. */
export type ProblemTexts = {
  readonly [code: RefusalCode]: {
    readonly [L in Locale]: { readonly title: string; readonly detail: string };
  };
};
