// Made by "npm run docs" from src/config/schema/. Do not edit.

/** A config as it is written. `docs/config.md` explains each option. */
export interface Config {
  /** The JSON Schema of the config, for editors. */
  readonly $schema?: string | undefined;
  /** The name of this sync: of its lock, its checkpoints and its stream. */
  readonly name: string;
  /** The third party: one of `adapters`. Another word here is a swap. */
  readonly adapter: string;
  /** The resources: the kinds of records that the system keeps, by name. */
  readonly resources?: {
    readonly [name: string]: {
      /** The field, or the fields, that identify a record. */
      readonly key?: string | readonly string[] | undefined;
      /** The JSON Schema of one record. It also gives the types of the columns. */
      readonly schema?: {
        /** A record is an object. */
        readonly type?: 'object' | undefined;
        /** The fields of a record. Each is a column. */
        readonly properties: {
          readonly [name: string]: {
            /** The type of the field and of its column. `["string", "null"]` allows null as well. */
            readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | readonly ('string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null')[];
            readonly [name: string]: unknown;
          };
        };
        /** The fields that every record must have. A record without one is rejected. A `map` must name each field that may not be null. */
        readonly required?: readonly string[] | undefined;
        /** Whether a record may have other fields. They are never kept. Default: true. */
        readonly additionalProperties?: boolean | undefined;
        readonly [name: string]: unknown;
      } | undefined;
      /** The field, or the fields, by which a record is recognised when third parties have ids of their own. */
      readonly match?: string | readonly string[] | undefined;
      /** The field, or the fields, that are written when a row is made and belong to the system from then on. */
      readonly writeOnce?: string | readonly string[] | undefined;
      /** The system's table. Default: the name of the resource. */
      readonly table?: string | undefined;
      /** What happens to the row of a deleted record. `soft` sets `deleted_at`, `hard` deletes the row, `keep` changes nothing, `set` writes values. */
      readonly onDelete?: 'soft' | 'hard' | 'keep' | {
        /** The values that the row of a deleted record gets. */
        readonly set: {
          readonly [name: string]: string | number | boolean | null;
        };
      } | undefined;
      /** The resource is due when its last pass completed this long ago. Default: every run. */
      readonly every?: string | undefined;
      /** The share of rejected records, or of duplicates, above which a pass deletes nothing and the run exits with 65. */
      readonly rejects?: string | undefined;
      /** The limits of this resource, where they differ from the guard of all resources. */
      readonly guard?: {
        /** The most rows that may be deleted in one window: a share of the rows that were live before, or 3 rows where that is more; or a count. Never all rows. */
        readonly maxDeletes?: string | number | undefined;
        /** The most values of a column that may become empty in one pass, and in one window: a share of those that were filled, or 3 values where that is more; or a count. */
        readonly maxEmptied?: string | number | undefined;
        /** The most rows that one pass may update: a share of the rows that were live before, or 3 rows where that is more; or a count. Without it, updates are not limited. */
        readonly maxUpdates?: string | number | undefined;
        /** The time over which deletions and emptied values are counted. */
        readonly window?: string | undefined;
        /** The number of consecutive complete passes that must miss a record before it is deleted. */
        readonly confirm?: 'auto' | number | undefined;
      } | undefined;
      /** What is normal for this resource. What is not so is a warning and a standing problem, never an error. */
      readonly expect?: {
        /** Something changes at least this often, as far as complete passes see. A new mapping is not a change. */
        readonly changeWithin?: string | undefined;
        /** How many records a complete snapshot brings. */
        readonly records?: {
          /** The fewest records that a complete snapshot brings. */
          readonly min?: number | undefined;
          /** The most records that a complete snapshot brings. */
          readonly max?: number | undefined;
        } | undefined;
      } | undefined;
    };
  } | undefined;
  /** The third parties, by name. */
  readonly adapters?: {
    readonly [name: string]: {
      readonly type: 'rest';
      /** The URL that every `path` is appended to. */
      readonly baseUrl: string;
      /** How often the third party may be hit: one window, or a list of windows, which all count. */
      readonly throttle?: ThrottleConfig | undefined;
      /** How long one request may take, to the end of its answer. The time of reading records does not count. */
      readonly timeout?: string | undefined;
      /** The size above which an answer is refused, also of what it unpacks to. */
      readonly maxBody?: string | undefined;
      /** TLS of the connections to the adapter's own origins. */
      readonly tls?: TlsConfig | undefined;
      /** The URL of an HTTP proxy (http:// or https://), or "none" for a direct connection. Default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
      readonly proxy?: string | undefined;
      /** The credentials. They are sent to the adapter's own origin only. */
      readonly auth?: AuthConfig | undefined;
      /** Headers that are sent with every request. */
      readonly headers?: {
        readonly [name: string]: string;
      } | undefined;
      /** The number of pages above which a pass is an error. */
      readonly maxPages?: number | undefined;
      /** How each resource is read, by its name. */
      readonly resources: {
        readonly [name: string]: {
          /** The resource whose records have a list of these each. The fields of its key stand in `path` and `query`: "/customers/{id}/orders". A list is a hit. A record has the key of its parent under the name `_parent`. */
          readonly of?: string | undefined;
          /** The path, appended to `baseUrl`. */
          readonly path: string;
          /** Query parameters that are sent with every page. */
          readonly query?: {
            readonly [name: string]: string | number | boolean;
          } | undefined;
          /** The HTTP method. With POST, the parameters of a page go into the body. Default: "GET". */
          readonly method?: 'GET' | 'POST' | undefined;
          /** The JSON object that is sent with every page. It needs the method POST. */
          readonly body?: {
            readonly [name: string]: unknown;
          } | undefined;
          /** Headers that are sent with every page. */
          readonly headers?: {
            readonly [name: string]: string;
          } | undefined;
          /** JMESPath to the list of records. Default: the body is the list. */
          readonly records?: string | undefined;
          /** The API's own count of all records. A pass that brought fewer records deletes nothing. */
          readonly total?: string | {
            /** The header with the number of all records. */
            readonly header: string;
          } | undefined;
          /** How one page leads to the next. Default: everything is on one page. */
          readonly pagination?: PaginationConfig | undefined;
          /** Records come in parts over several pages. Parts with the same key are merged before they are compared: until the answer says that they are whole, or with "merge" until the pass ends. */
          readonly parts?: 'merge' | {
            /** JMESPath into the body. Any value but null, false and 0 says that the parts are whole. */
            readonly until: string;
          } | undefined;
          /** Whether each pass reads everything, or only what changed. Default: "snapshot". */
          readonly mode?: 'snapshot' | 'changes' | undefined;
          /** Where a pass of changes starts. The pass before it leaves the bookmark. */
          readonly bookmark?: {
            /** JMESPath to the time or the number of the last change of a record. The largest value counts. */
            readonly field?: string | undefined;
            /** The header of the first page that has the bookmark, such as "Date". */
            readonly header?: string | undefined;
            /** JMESPath to the API's own token in the first page. */
            readonly path?: string | undefined;
            /** The query parameter that takes the bookmark. */
            readonly param?: string | undefined;
            /** Whether the pages are a log of changes. The next pass then starts from the bookmark of the last page. Default: false. */
            readonly log?: boolean | undefined;
            /** How the bookmark is written. Default: "iso" for a field and for the header Date, otherwise "token". */
            readonly format?: 'iso' | 'seconds' | 'milliseconds' | 'number' | 'token' | undefined;
            /** How far before the bookmark the next pass asks, where the bookmark is a time. Default: "5m". */
            readonly overlap?: string | undefined;
            /** Query parameters that are sent only when changes are asked for. */
            readonly query?: {
              readonly [name: string]: string | number | boolean;
            } | undefined;
            /** How the API says that a bookmark is too old. */
            readonly expired?: {
              /** Statuses that say so, beside 410. */
              readonly status?: readonly number[] | undefined;
              /** JMESPath into the body that is true if it says so. */
              readonly when?: string | undefined;
            } | undefined;
          } | undefined;
          /** How the API says that a record is gone. */
          readonly tombstones?: {
            /** JMESPath into a record. Any value but null, false, 0 and empty says that the record is gone. */
            readonly field?: string | undefined;
            /** JMESPath into a record. True says that the record is gone. */
            readonly when?: string | undefined;
            /** JMESPath to the list of ids that are gone, or of objects with one. */
            readonly path?: string | undefined;
            /** Another path, which lists what is gone since the bookmark. It is read after the last page of changes, with a hit for each page. */
            readonly from?: {
              /** The path, appended to `baseUrl`. */
              readonly path: string;
              /** Query parameters that are sent with every such page. */
              readonly query?: {
                readonly [name: string]: string | number | boolean;
              } | undefined;
              /** JMESPath to the list of ids, or of objects with one. Default: the body is the list. */
              readonly records?: string | undefined;
              /** How one page leads to the next. Default: everything is on one page. */
              readonly pagination?: PaginationConfig | undefined;
              /** The query parameter that takes the bookmark. Default: the one of `bookmark`. */
              readonly param?: string | undefined;
            } | undefined;
            /** The JMESPath expression of each field of the key in a tombstone. `@` is the tombstone itself. Default: the resource's map, or a bare id. */
            readonly map?: {
              readonly [name: string]: string;
            } | undefined;
          } | undefined;
          /** How often a pass reads everything in mode "changes". Default: "24h". */
          readonly fullEvery?: string | undefined;
          /** Where each field of the resource is: a JMESPath expression, or an object that also says how the value is written. Default: the record as it is. */
          readonly map?: MapConfig | undefined;
          /** Whether an empty text is null, in every field. Default: false. */
          readonly emptyIsNull?: boolean | undefined;
          /** A module that changes each record before it is mapped: a path, or the name of a package. Its default export takes a record and returns one. */
          readonly transform?: string | undefined;
        };
      };
    } | {
      readonly type: 'file';
      /** How often the third party may be hit: one window, or a list of windows, which all count. */
      readonly throttle?: ThrottleConfig | undefined;
      /** How long one request may take, to the end of its answer. The time of reading records does not count. */
      readonly timeout?: string | undefined;
      /** The size above which an answer is refused, also of what it unpacks to. */
      readonly maxBody?: string | undefined;
      /** TLS of the connections to the adapter's own origins. */
      readonly tls?: TlsConfig | undefined;
      /** The URL of an HTTP proxy (http:// or https://), or "none" for a direct connection. Default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
      readonly proxy?: string | undefined;
      /** The credentials. They are sent to the adapter's own origin only. */
      readonly auth?: AuthConfig | undefined;
      /** Headers that are sent with every request. */
      readonly headers?: {
        readonly [name: string]: string;
      } | undefined;
      /** The number of pages above which a pass is an error. */
      readonly maxPages?: number | undefined;
      /** How each resource is read, by its name. */
      readonly resources: {
        readonly [name: string]: {
          /** The URL of the file. A download is one hit. */
          readonly url?: string | undefined;
          /** The path of the file, which costs no hit. `-` is stdin. */
          readonly path?: string | undefined;
          /** The format of the file. Default: by the extension, or by what the file begins with. */
          readonly format?: 'json' | 'ndjson' | 'csv' | undefined;
          /** The dotted path to the list in a JSON file. Default: the file is the list. */
          readonly records?: string | undefined;
          /** How the CSV is written. */
          readonly csv?: {
            /** The text between two fields. */
            readonly delimiter?: string | undefined;
            /** The text around a field that contains a delimiter. */
            readonly quote?: string | undefined;
            /** The names of the columns, or true if the first row has them. */
            readonly header?: true | readonly string[] | undefined;
            /** The encoding of the file: a label of the WHATWG Encoding Standard. */
            readonly encoding?: string | undefined;
            /** Whether every whole file ends with a line break. A file that does not is refused as cut off. Default: false. */
            readonly newlineAtEnd?: boolean | undefined;
          } | undefined;
          /** Where each field of the resource is: a JMESPath expression, or an object that also says how the value is written. Default: the record as it is. */
          readonly map?: MapConfig | undefined;
          /** Whether an empty text is null, in every field. Default: false. */
          readonly emptyIsNull?: boolean | undefined;
          /** A module that changes each record before it is mapped: a path, or the name of a package. Its default export takes a record and returns one. */
          readonly transform?: string | undefined;
        };
      };
    } | {
      readonly type: 'singer';
      /** The tap and its arguments. No shell is involved. */
      readonly command: readonly string[];
      /** Variables that the tap gets. Of the environment of cronsync it has only PATH, HOME, USER, LOGNAME, SHELL, TMPDIR, TZ, LANG, LANGUAGE and LC_*. */
      readonly env?: {
        readonly [name: string]: string;
      } | undefined;
      /** The tap's own config: an object, or the path of a file. The tap gets it as `--config FILE`. */
      readonly config?: {
        readonly [name: string]: unknown;
      } | string | undefined;
      /** The catalog of what the tap reads: an object, or the path of a file. The tap gets it as `--catalog FILE`. */
      readonly catalog?: {
        readonly [name: string]: unknown;
      } | string | undefined;
      /** How often the third party may be hit: one window, or a list of windows, which all count. */
      readonly throttle?: ThrottleConfig | undefined;
      /** How long the tap may run. A run ends after nine minutes. */
      readonly timeout?: string | undefined;
      /** The size above which a message is refused. */
      readonly maxBody?: string | undefined;
      /** The number of pages above which a pass is an error. */
      readonly maxPages?: number | undefined;
      /** How each resource is read, by its name. */
      readonly resources: {
        readonly [name: string]: {
          /** The name of the tap's stream. */
          readonly stream: string;
          /** Whether the tap reads everything each time, or what changed since its last state. Default: what the catalog says. */
          readonly mode?: 'snapshot' | 'changes' | undefined;
          /** Where each field of the resource is: a JMESPath expression, or an object that also says how the value is written. Default: the record as it is. */
          readonly map?: MapConfig | undefined;
          /** Whether an empty text is null, in every field. Default: false. */
          readonly emptyIsNull?: boolean | undefined;
          /** A module that changes each record before it is mapped: a path, or the name of a package. Its default export takes a record and returns one. */
          readonly transform?: string | undefined;
        };
      };
    } | {
      /** A module that default-exports an adapter: a path, or the name of a package. */
      readonly type: `.${string}` | `/${string}` | `@${string}` | `${string}-${string}`;
      /** The origin that the adapter may send requests to. */
      readonly baseUrl?: string | undefined;
      /** How often the third party may be hit: one window, or a list of windows, which all count. */
      readonly throttle?: ThrottleConfig | undefined;
      /** How long one request may take, to the end of its answer. The time of reading records does not count. */
      readonly timeout?: string | undefined;
      /** The size above which an answer is refused, also of what it unpacks to. */
      readonly maxBody?: string | undefined;
      /** TLS of the connections to the adapter's own origins. */
      readonly tls?: TlsConfig | undefined;
      /** The URL of an HTTP proxy (http:// or https://), or "none" for a direct connection. Default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
      readonly proxy?: string | undefined;
      /** The credentials. They are sent to the adapter's own origin only. */
      readonly auth?: AuthConfig | undefined;
      /** Headers that are sent with every request. */
      readonly headers?: {
        readonly [name: string]: string;
      } | undefined;
      /** The number of pages above which a pass is an error. */
      readonly maxPages?: number | undefined;
      /** The options of each resource, by its name. */
      readonly resources?: {
        readonly [name: string]: {
          /** Whether each pass reads everything, or only what changed. Default: "snapshot". */
          readonly mode?: 'snapshot' | 'changes' | undefined;
          /** How often a pass reads everything in mode "changes". Default: "24h". */
          readonly fullEvery?: string | undefined;
          /** Where each field of the resource is: a JMESPath expression, or an object that also says how the value is written. Default: the record as it is. */
          readonly map?: MapConfig | undefined;
          /** Whether an empty text is null, in every field. Default: false. */
          readonly emptyIsNull?: boolean | undefined;
          /** A module that changes each record before it is mapped: a path, or the name of a package. Its default export takes a record and returns one. */
          readonly transform?: string | undefined;
          readonly [name: string]: unknown;
        };
      } | undefined;
      readonly [name: string]: unknown;
    } | {
      /** The ready adapter that this one is laid over. Default: the ready adapter of the same name. */
      readonly extends?: string | undefined;
      readonly type?: undefined;
      readonly [name: string]: unknown;
    };
  } | undefined;
  /** The system's own database. */
  readonly target?: {
    readonly type: 'sqlite';
    /** The path of the database file, seen from the folder of the config. */
    readonly file: string;
  } | {
    readonly type: 'postgres';
    /** The URL of the database: postgres://user:password@host:5432/database. */
    readonly url: string;
    /** The schema of the system's tables and of the tables of cronsync. */
    readonly schema?: string | undefined;
    /** How the connection to the database uses TLS. */
    readonly tls?: {
      /** The certificate of the authority, as PEM: "${file:/etc/ssl/our-ca.pem}". */
      readonly ca?: string | undefined;
      /** Our own certificate, as PEM. */
      readonly cert?: string | undefined;
      /** The key of our own certificate, as PEM. */
      readonly key?: string | undefined;
      /** Whether the server's certificate must be valid for the URL's host. */
      readonly verify?: boolean | undefined;
    } | undefined;
    /** A module that is asked for user and password before each connection to the database, instead of a password here. */
    readonly auth?: {
      /** A module: a path, or the name of a package. Its default export returns user and password. */
      readonly module: string;
    } | undefined;
  } | undefined;
  /** The Redis that holds the lock, the throttle and the stream. */
  readonly redis?: {
    /** The URL of Redis (redis:// or rediss://), or the path of its socket. Default: "${REDIS_URL:-redis://127.0.0.1:6379}". */
    readonly url?: string | undefined;
    /** Instead of `url`: the sentinels, which know where the master is. */
    readonly sentinels?: readonly string[] | undefined;
    /** With `sentinels`: what they call the master, such as "mymaster". */
    readonly name?: string | undefined;
    /** Instead of `url`: some nodes of a cluster, which know the others. */
    readonly cluster?: readonly string[] | undefined;
    /** With `sentinels` or `cluster`: the user. */
    readonly username?: string | undefined;
    /** With `sentinels` or `cluster`: the password. */
    readonly password?: string | undefined;
    /** The user at the sentinels, which have users of their own. */
    readonly sentinelUsername?: string | undefined;
    /** The password at the sentinels. */
    readonly sentinelPassword?: string | undefined;
    /** A module that is asked for user and password before each connection to Redis, instead of a password here. */
    readonly auth?: {
      /** A module: a path, or the name of a package. Its default export returns user and password. */
      readonly module: string;
    } | undefined;
    /** With `sentinels`: the number of the database. Default: 0. */
    readonly db?: number | undefined;
    /** TLS for every connection to Redis. With `url`, it needs a URL that begins with `rediss://`. */
    readonly tls?: TlsConfig | undefined;
    /** The text that the name of every Redis key begins with. */
    readonly prefix?: string | undefined;
    /** Whether a Redis that may evict keys is accepted. Such a Redis loses locks and events. */
    readonly allowEviction?: boolean | undefined;
  } | undefined;
  /** The lock, which allows one run at a time. */
  readonly lock?: {
    /** The time after which a lock that is not renewed is free, at least 9s. */
    readonly ttl?: string | undefined;
  } | undefined;
  /** The limits that protect against wrong data. */
  readonly guard?: {
    /** The most rows that may be deleted in one window: a share of the rows that were live before, or 3 rows where that is more; or a count. Never all rows. */
    readonly maxDeletes?: string | number | undefined;
    /** The most values of a column that may become empty in one pass, and in one window: a share of those that were filled, or 3 values where that is more; or a count. */
    readonly maxEmptied?: string | number | undefined;
    /** The most rows that one pass may update: a share of the rows that were live before, or 3 rows where that is more; or a count. Without it, updates are not limited. */
    readonly maxUpdates?: string | number | undefined;
    /** The time over which deletions and emptied values are counted. */
    readonly window?: string | undefined;
    /** The number of consecutive complete passes that must miss a record before it is deleted. */
    readonly confirm?: 'auto' | number | undefined;
  } | undefined;
  /** The events that listeners receive. */
  readonly events?: {
    /** How long an event stays in the outbox at least. */
    readonly retain?: string | undefined;
    /** The `source` of every event (CloudEvents). Default: "/<name>". */
    readonly source?: string | undefined;
    /** The most entries that wait on the stream. The outbox holds the rest. */
    readonly maxStream?: number | undefined;
    /** Whether changes that come only from a new mapping become events. */
    readonly onRemap?: 'emit' | 'silent' | undefined;
    /** How the outbox keeps the events of a large transaction: compressed, or as text, which SQL can read and which takes ten times the room. */
    readonly outbox?: 'packed' | 'text' | undefined;
  } | undefined;
  /** A monitor that alarms when no run ends well. Each run pings it. */
  readonly heartbeat?: {
    /** The URL to ping. It is masked in every output. */
    readonly url: string;
  } | undefined;
  /** How much memory a run takes: `small` is some 200 MB, `large` is twice that and faster. */
  readonly memory?: 'small' | 'large' | undefined;
  /** The side effects, by name. */
  readonly listeners?: {
    readonly [name: string]: {
      readonly type: 'webhook';
      /** The URL to which the event is posted. */
      readonly url: string;
      /** The secret that signs each request (Standard Webhooks), in base64. During a rotation there may be several, and each signs. */
      readonly secret?: string | readonly string[] | undefined;
      /** Headers that are sent with every delivery. */
      readonly headers?: {
        readonly [name: string]: string;
      } | undefined;
      /** Whether loopback, private and link-local addresses are allowed. */
      readonly allowPrivate?: boolean | undefined;
      /** How events of several keys are posted in one request, as a CloudEvents batch. Default: one event in a request. */
      readonly batch?: {
        /** The most events in one request, and never more than `concurrency`. */
        readonly max: number;
        /** How long the first event of a batch waits for others. */
        readonly wait?: string | undefined;
      } | undefined;
      /** TLS of the connections to the receiver. */
      readonly tls?: TlsConfig | undefined;
      /** The URL of an HTTP proxy (http:// or https://), or "none" for a direct connection. Default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
      readonly proxy?: string | undefined;
      /** The types of the events that the listener gets: "customers.deleted", "customers.*", "*.deleted" or "*"; of the sync itself, "sync.*" or one such as "sync.run.failed". */
      readonly on: readonly string[];
      /** Where a new listener starts: at the oldest event of the stream, or with the next one. */
      readonly from: 'beginning' | 'now';
      /** The order of deliveries. `key` keeps the order of each key, in one daemon. `none` keeps no order and uses every daemon. */
      readonly ordering?: 'key' | 'none' | undefined;
      /** The number of groups into which the keys of an ordered listener are divided, so that as many daemons can share it. */
      readonly shards?: number | undefined;
      /** The number of deliveries that run at once. */
      readonly concurrency?: number | undefined;
      /** The number of failures after which an event becomes a dead letter. */
      readonly attempts?: number | undefined;
      /** How long one delivery may take. */
      readonly timeout?: string | undefined;
      /** What happens to later events of the key of a dead letter. `skip` delivers them, `park` makes them dead letters as well. */
      readonly onDead?: 'skip' | 'park' | undefined;
    } | {
      readonly type: 'module';
      /** A module that default-exports functions by event type: a path, or the name of a package. */
      readonly module: string;
      /** The types of the events that the listener gets: "customers.deleted", "customers.*", "*.deleted" or "*"; of the sync itself, "sync.*" or one such as "sync.run.failed". */
      readonly on: readonly string[];
      /** Where a new listener starts: at the oldest event of the stream, or with the next one. */
      readonly from: 'beginning' | 'now';
      /** The order of deliveries. `key` keeps the order of each key, in one daemon. `none` keeps no order and uses every daemon. */
      readonly ordering?: 'key' | 'none' | undefined;
      /** The number of groups into which the keys of an ordered listener are divided, so that as many daemons can share it. */
      readonly shards?: number | undefined;
      /** The number of deliveries that run at once. */
      readonly concurrency?: number | undefined;
      /** The number of failures after which an event becomes a dead letter. */
      readonly attempts?: number | undefined;
      /** How long one delivery may take. */
      readonly timeout?: string | undefined;
      /** What happens to later events of the key of a dead letter. `skip` delivers them, `park` makes them dead letters as well. */
      readonly onDead?: 'skip' | 'park' | undefined;
    } | {
      readonly type: 'exec';
      /** The program and its arguments. The event is on its stdin. No shell is involved. */
      readonly command: readonly string[];
      /** Variables that the command gets. Of the environment of cronsync it has only PATH, HOME, USER, LOGNAME, SHELL, TMPDIR, TZ, LANG, LANGUAGE and LC_*. */
      readonly env?: {
        readonly [name: string]: string;
      } | undefined;
      /** The types of the events that the listener gets: "customers.deleted", "customers.*", "*.deleted" or "*"; of the sync itself, "sync.*" or one such as "sync.run.failed". */
      readonly on: readonly string[];
      /** Where a new listener starts: at the oldest event of the stream, or with the next one. */
      readonly from: 'beginning' | 'now';
      /** The order of deliveries. `key` keeps the order of each key, in one daemon. `none` keeps no order and uses every daemon. */
      readonly ordering?: 'key' | 'none' | undefined;
      /** The number of groups into which the keys of an ordered listener are divided, so that as many daemons can share it. */
      readonly shards?: number | undefined;
      /** The number of deliveries that run at once. */
      readonly concurrency?: number | undefined;
      /** The number of failures after which an event becomes a dead letter. */
      readonly attempts?: number | undefined;
      /** How long one delivery may take. */
      readonly timeout?: string | undefined;
      /** What happens to later events of the key of a dead letter. `skip` delivers them, `park` makes them dead letters as well. */
      readonly onDead?: 'skip' | 'park' | undefined;
    } | {
      readonly type: 'log';
      /** The types of the events that the listener gets: "customers.deleted", "customers.*", "*.deleted" or "*"; of the sync itself, "sync.*" or one such as "sync.run.failed". */
      readonly on: readonly string[];
      /** Where a new listener starts: at the oldest event of the stream, or with the next one. */
      readonly from: 'beginning' | 'now';
      /** The order of deliveries. `key` keeps the order of each key, in one daemon. `none` keeps no order and uses every daemon. */
      readonly ordering?: 'key' | 'none' | undefined;
      /** The number of groups into which the keys of an ordered listener are divided, so that as many daemons can share it. */
      readonly shards?: number | undefined;
      /** The number of deliveries that run at once. */
      readonly concurrency?: number | undefined;
      /** The number of failures after which an event becomes a dead letter. */
      readonly attempts?: number | undefined;
      /** How long one delivery may take. */
      readonly timeout?: string | undefined;
      /** What happens to later events of the key of a dead letter. `skip` delivers them, `park` makes them dead letters as well. */
      readonly onDead?: 'skip' | 'park' | undefined;
    };
  } | undefined;
}

type ThrottleConfig = {
  /** The most hits in any window of `per`. */
  readonly hits?: number | undefined;
  /** The length of the window. */
  readonly per?: string | undefined;
  /** How long a run waits for a slot to free. In a list, the first has it. Default: "20s". */
  readonly wait?: string | undefined;
  /** The time that is added to `per`, for clocks that run at different rates. Default: 1 % of `per`, at most 100 ms. */
  readonly margin?: string | undefined;
  /** The name of the throttle. Syncs that use the same account share it. In a list, the first has it. Default: the host. */
  readonly key?: string | undefined;
} | readonly ({
  /** The most hits in any window of `per`. */
  readonly hits?: number | undefined;
  /** The length of the window. */
  readonly per?: string | undefined;
  /** How long a run waits for a slot to free. In a list, the first has it. Default: "20s". */
  readonly wait?: string | undefined;
  /** The time that is added to `per`, for clocks that run at different rates. Default: 1 % of `per`, at most 100 ms. */
  readonly margin?: string | undefined;
  /** The name of the throttle. Syncs that use the same account share it. In a list, the first has it. Default: the host. */
  readonly key?: string | undefined;
})[];

type TlsConfig = {
  /** The certificate of the authority, as PEM: "${file:/etc/ssl/our-ca.pem}". */
  readonly ca?: string | undefined;
  /** Our own certificate, as PEM. */
  readonly cert?: string | undefined;
  /** The key of our own certificate, as PEM. */
  readonly key?: string | undefined;
  /** The name that the server's certificate must be valid for. Default: the host. */
  readonly servername?: string | undefined;
};

type AuthConfig = {
  readonly type: 'none';
} | {
  readonly type: 'bearer';
  /** The token, sent as `Authorization: Bearer …`. */
  readonly token: string;
} | {
  readonly type: 'basic';
  /** The user name. */
  readonly username: string;
  /** The password. It may be empty. */
  readonly password: string;
} | {
  readonly type: 'header';
  /** The name of the header. */
  readonly name: string;
  /** The secret value. */
  readonly value: string;
} | {
  readonly type: 'query';
  /** The name of the query parameter. */
  readonly param: string;
  /** The secret value. */
  readonly value: string;
} | {
  readonly type: 'module';
  /** A module that signs each request. Its default export returns the headers to add. */
  readonly module: string;
} | {
  readonly type: 'oauth2';
  /** What an access token is given for. */
  readonly grant?: 'client_credentials' | 'refresh_token' | 'jwt-bearer' | undefined;
  /** The URL that gives an access token (RFC 6749). A request to the origin of the API takes a slot. */
  readonly tokenUrl: string;
  /** The id of the client. Only `jwt-bearer` may do without. */
  readonly clientId?: string | undefined;
  /** The secret of the client. Only `client_credentials` needs one. */
  readonly clientSecret?: string | undefined;
  /** For `refresh_token`: the first refresh token, which a person has got. It may be replaced by each answer, and its successors are kept in the target. Another one here is used at once. */
  readonly refreshToken?: string | undefined;
  /** For `refresh_token`: the secret with which refresh tokens are encrypted in the target. In a list the first one encrypts, and the others are of earlier times. */
  readonly tokenKey?: string | readonly string[] | undefined;
  /** For `jwt-bearer`: who asks, signed with a private key (RFC 7523). */
  readonly assertion?: AssertionConfig | undefined;
  /** The scope of the token. */
  readonly scope?: string | undefined;
  /** More parameters for the token endpoint, such as an audience. */
  readonly params?: {
    readonly [name: string]: string;
  } | undefined;
  /** How the client sends its credentials to the token endpoint. Default: "basic". */
  readonly send?: 'basic' | 'body' | undefined;
  /** TLS of the connection to the token endpoint, if it is on another origin than the API. */
  readonly tls?: TlsConfig | undefined;
};

type AssertionConfig = {
  /** Who asks, the claim `iss`: for many servers the id of the client. */
  readonly issuer: string;
  /** For whom, the claim `sub`. */
  readonly subject?: string | undefined;
  /** The claim `aud`. Default: `tokenUrl`. */
  readonly audience?: string | undefined;
  /** More claims, such as a `scope`. */
  readonly claims?: {
    readonly [name: string]: string | number | boolean;
  } | undefined;
  /** The private key that signs, as PEM: "${file:/run/secrets/acme.pem}". */
  readonly privateKey: string;
  /** How the assertion is signed. It must fit the key. */
  readonly algorithm?: 'RS256' | 'PS256' | 'ES256' | 'EdDSA' | undefined;
  /** The name of the key for the server, in the header `kid`. */
  readonly keyId?: string | undefined;
};

type PaginationConfig = {
  readonly type: 'none';
} | {
  readonly type: 'page';
  /** The query parameter with the number of the page. */
  readonly param?: string | undefined;
  /** The number of the first page. */
  readonly start?: number | undefined;
  /** The query parameter with the size of a page. */
  readonly sizeParam?: string | undefined;
  /** The number of records of a full page. A shorter page is the last one. */
  readonly size?: number | undefined;
  /** Statuses with which the API answers a page after the last one. Such an answer ends the pass, except on its first page. */
  readonly pastEnd?: readonly number[] | undefined;
} | {
  readonly type: 'offset';
  /** The query parameter with the number of records to skip. */
  readonly param?: string | undefined;
  /** The query parameter with the size of a page. */
  readonly limitParam?: string | undefined;
  /** The number of records of a page, at least two because pages overlap by one. */
  readonly limit: number;
} | {
  readonly type: 'cursor';
  /** Where the answer has the next cursor or URL, which is null, empty or absent on the last page: JMESPath into its body, or a header. */
  readonly next: string | {
    /** The header with the next cursor or URL, which is null, empty or absent on the last page. */
    readonly header: string;
  };
  /** The query parameter that takes the cursor. Default: none, and the cursor is an object whose members are query parameters. */
  readonly param?: string | undefined;
  /** Whether records never move from one page to another while a pass walks. Then one pass proves that a record is gone. Default: false. */
  readonly stable?: boolean | undefined;
} | {
  readonly type: 'link';
  /** The relation of the link to the next page (RFC 8288). */
  readonly rel?: string | undefined;
  /** Whether records never move from one page to another while a pass walks. Then one pass proves that a record is gone. Default: false. */
  readonly stable?: boolean | undefined;
} | {
  readonly type: 'next-url';
  /** Where the answer has the next cursor or URL, which is null, empty or absent on the last page: JMESPath into its body, or a header. */
  readonly next: string | {
    /** The header with the next cursor or URL, which is null, empty or absent on the last page. */
    readonly header: string;
  };
  /** Whether records never move from one page to another while a pass walks. Then one pass proves that a record is gone. Default: false. */
  readonly stable?: boolean | undefined;
};

type MapConfig = {
  readonly [name: string]: string | {
    /** JMESPath into the record. */
    readonly from: string;
    /** How the third party writes a date or a time: "unix" and "unix-ms" are seconds and milliseconds since 1970, "date:DD.MM.YYYY" is a pattern. A value that is not written so rejects its record. */
    readonly format?: string | undefined;
    /** Whether an empty text is null. Default: the one of the resource. */
    readonly emptyIsNull?: boolean | undefined;
  };
};
