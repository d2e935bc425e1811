export const kafkaLibs: string;
export function packagesFit(): boolean;
export function dockerAnswers(): Promise<boolean>;
export function kafkaMissing(libs?: string): boolean;
export function bringKafka(libs?: string): Promise<void>;
export function bringJars(ask: { pom: string; libs: string; otherwise?: string }): Promise<void>;
export function run(
  command: string,
  args: string[],
  options?: { timeout?: number; env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<string>;
