/** The public API: what a config in TypeScript, an adapter module and a listener module need. */
export {
  type Adapter,
  type AdapterContext,
  type AdapterDefinition,
  type ChangesPage,
  type Cursor,
  defineAdapter,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  type Keys,
  type Mode,
  type NotModified,
  type Page,
  type PageRequest,
  type Parent,
  type Parents,
  type RecognisableChunk,
  type RecordChunk,
  type Sign,
  type SnapshotPage,
  type TakenSlot,
} from './adapter.ts';
export { defineConfig } from './define-config.ts';
export {
  ConfigError,
  CredentialsError,
  CursorExpiredError,
  ExitCode,
  ProtocolError,
  SyncError,
  type SyncErrorOptions,
  ThirdPartyError,
} from './errors.ts';
export {
  type ChangeEvent,
  DeadLetter,
  defineListener,
  type HandlerContext,
  type Handlers,
  ListenerOff,
  RetryLater,
} from './listener.ts';
export type { Log } from './log.ts';
export type { Login, LoginRequest, ProvideLogin } from './login.ts';
export type { RawRecord } from './record.ts';
export { defineTransform, type Transform } from './transform.ts';
export { conditionOf, type Validators, validatorsOf } from './validators.ts';
export type { Config } from './written-config.ts';
