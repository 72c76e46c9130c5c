import { FactsList } from '../parts/facts-list.tsx';
import { Foreign } from '../parts/text.tsx';
import { jsonText } from '../read/value-text.ts';
import type { Screen } from '../screen.ts';

/** The config as this process has read it, with every default and without its secrets. */
export const configScreen: Screen = {
  path: '/config',
  section: '/config',
  async show({ sources: { config } }) {
    return {
      title: 'Config',
      body: (
        <>
          <h1>Config</h1>
          <FactsList facts={[['File', <Foreign text={config.path} />]]} />
          <p>
            This is what the page itself has read when it started, with every default filled in. Durations are in
            milliseconds. Secrets are left out.
          </p>
          <pre>
            <Foreign text={jsonText(config.effective)} />
          </pre>
        </>
      ),
    };
  },
};
