import { DatabaseSync } from 'node:sqlite';
import { aPostgres } from './postgres.ts';
import type { RedisServer } from './redis.ts';
import { aProject, type BaseConfig, type Project, type Row } from './sync.ts';
import { aThirdParty, dialectConfig, type ThirdParty } from './third-party.ts';

/** A person, whoever serves them. */
export interface Person {
  readonly nth: number;
  readonly email: string | null;
  readonly state: string;
}

export function persons(count: number, from = 1): Person[] {
  return Array.from({ length: count }, (_, at) => aPerson(from + at));
}

export function aPerson(nth: number, changed: Partial<Person> = {}): Person {
  return { nth, email: `user${nth}@example.com`, state: 'active', ...changed };
}

/** The key that the hub's ids give. */
export function hubKey(nth: number): string {
  return String(1000 + nth);
}

/** Two forges that know the same people: other fields, other ids, which collide, another order and other pages. */
export interface Forges extends AsyncDisposable {
  readonly project: Project;
  readonly lab: ThirdParty;
  /** What the hub has now. */
  serveHub(people: readonly Person[]): void;
  /** What the lab has now. */
  serveLab(people: readonly Person[]): void;
  /** Changes the one word of the config. */
  swapTo(adapter: 'hub' | 'lab', change?: (config: Row) => Row): Promise<void>;
  /** From now on the system notes every write to its table. */
  watchWrites(): Promise<void>;
  writes(): Promise<readonly unknown[]>;
  sql(statement: string): Promise<void>;
}

export interface ForgesOptions {
  readonly redis: Pick<RedisServer, 'url' | 'client'>;
  readonly people: readonly Person[];
  readonly target?: 'sqlite' | 'postgres';
  /** Of the resource; by default records are matched by their email. */
  readonly match?: readonly string[] | null;
  /** What the lab's map makes of its ids. */
  readonly labId?: string;
  /** Of the system's keys; by default `string`. */
  readonly keyType?: 'string' | 'integer';
}

const labSize = 4;

export async function twoForges({ redis, people, target = 'sqlite', ...options }: ForgesOptions): Promise<Forges> {
  const lab = await aThirdParty({ records: ofLab(people), dialect: 'page', pageSize: labSize });
  const postgres = target === 'postgres' ? await aPostgres() : undefined;
  let shape: ReturnType<typeof forgeConfig> | undefined;
  const project = await aProject({
    redis,
    records: people.map(ofHub),
    dialect: 'link',
    pageSize: 7,
    ...(postgres && { target: postgres }),
    config: (config) => {
      shape = forgeConfig(config, lab, options);
      return shape;
    },
  });
  const sql = async (statement: string) => (postgres ? postgres.sql(statement) : onFile(project, statement));
  return {
    project,
    lab,
    serveHub: (now) => project.serve(now.map(ofHub)),
    serveLab: (now) => lab.set(ofLab(now)),
    swapTo: (adapter, change = (config) => config) => project.reconfigure(() => change({ ...shape, adapter })),
    sql,
    watchWrites: () => sql(postgres ? postgresTriggers : sqliteTriggers),
    writes: async () => (await project.database.query('SELECT what FROM written')).map(({ what }) => what),
    async [Symbol.asyncDispose]() {
      await project.close();
      await lab.close();
      await postgres?.[Symbol.asyncDispose]();
    },
  };
}

/** The rows that the people make, under the keys that the system gave them. */
export function rowsOf(people: readonly Person[], keyOf = hubKey): Row[] {
  return people.map(({ nth, email, state }) => ({ id: keyOf(nth), email, state }));
}

function ofHub({ nth, email, state }: Person) {
  return { id: 1000 + nth, contact: { email }, status: state };
}

/** The ids of the first forty run the other way: most are somebody else's at the hub. */
export function labId(nth: number): number {
  return nth <= 40 ? 1041 - nth : 1000 + nth;
}

function ofLab(people: readonly Person[]) {
  return people.toReversed().map(({ nth, email, state }) => {
    return { uid: labId(nth), public_email: email, attributes: { lifecycle: state } };
  });
}

function forgeConfig(config: BaseConfig, lab: ThirdParty, options: Pick<ForgesOptions, 'match' | 'labId' | 'keyType'>) {
  const { match = ['email'], labId: id = 'uid', keyType = 'string' } = options;
  const { customers } = config.adapters.acme.resources;
  const hub = { ...config.adapters.acme, resources: { customers: { ...customers, map: hubMap } } };
  const fields = { email: 'public_email', state: 'attributes.lifecycle' };
  const properties = {
    id: { type: keyType },
    email: { type: ['string', 'null'] },
    state: { type: ['string', 'null'] },
  };
  const schema = { type: 'object', properties, required: ['id'] };
  return {
    ...config,
    adapter: 'hub',
    resources: { customers: { key: 'id', schema, ...(match && { match }) } },
    adapters: {
      hub,
      lab: {
        type: 'rest',
        baseUrl: lab.url,
        throttle: config.adapters.acme.throttle,
        resources: { customers: { path: '/users', ...dialectConfig('page', labSize), map: { id, ...fields } } },
      },
    },
  };
}

const hubMap = { id: 'id', email: 'contact.email', state: 'status' };

const sqliteTriggers = `CREATE TABLE written (what TEXT); ${['INSERT', 'UPDATE', 'DELETE']
  .map(
    (what) => `CREATE TRIGGER on_${what} AFTER ${what} ON customers BEGIN INSERT INTO written VALUES ('${what}'); END;`,
  )
  .join(' ')}`;

const postgresTriggers = `CREATE TABLE written (what text);
  CREATE FUNCTION note_write() RETURNS trigger AS $$ BEGIN INSERT INTO written VALUES (TG_OP); RETURN NULL; END $$ LANGUAGE plpgsql;
  CREATE TRIGGER on_write AFTER INSERT OR UPDATE OR DELETE ON customers FOR EACH ROW EXECUTE FUNCTION note_write()`;

function onFile({ file }: Project, statement: string): void {
  using database = new DatabaseSync(file, { timeout: 5000 });
  database.exec(statement);
}
