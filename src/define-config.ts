import type { Config } from './written-config.ts';

/** Types a config: `export default defineConfig({ … })` in `sync.config.ts`. It returns the config as it is. */
export function defineConfig(config: Config): Config {
  return config;
}
