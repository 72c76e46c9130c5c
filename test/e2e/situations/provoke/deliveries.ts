import { listenTimings, withListeners } from '../../../helpers/listening.ts';
import { aReceiver, webhookTo } from '../../../helpers/receiver.ts';
import { redis } from '../../../helpers/suite-redis.ts';
import { aProject, customers } from '../../../helpers/sync.ts';
import { runAt } from '../clock.ts';
import type { Situation } from '../situation.ts';

type Provoke = Situation['provoke'];

const timings = listenTimings;

export const noDaemon: Provoke = async (opened) => {
  const receiver = opened.use(await aReceiver());
  const config = withListeners({ notify: webhookTo(receiver) });
  const project = opened.use(await aProject({ redis, records: customers(3), timings, config }));
  await runAt(project, [10]);
  await project.sync();
  return { project };
};

/** One event ends each daemon that delivers it. */
export const poisonEvent: Provoke = async (opened) => {
  const config = withListeners({
    poisoned: { on: ['*'], from: 'beginning', type: 'module', module: './crash.ts' },
  });
  const project = opened.use(await aProject({ redis, records: customers(3), timings, config }));
  await project.write('crash.ts', "export default { '*': (event) => event.subject === '2' && process.exit(9) };");
  await project.sync();
  const listen = () => project.start(['listen', '--drain']).finished;
  while ((await listen()).exitCode !== 0);
  return { project };
};

/** The receiver answers 410, Gone. */
export const listenerOff: Provoke = async (opened) => {
  const receiver = opened.use(await aReceiver());
  receiver.answer(() => 410);
  const config = withListeners({ notify: webhookTo(receiver, { concurrency: 1 }) });
  const project = opened.use(await aProject({ redis, records: customers(3), timings, config }));
  await project.sync();
  await project.sync(['listen', '--drain']);
  return { project };
};
