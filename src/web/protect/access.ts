/** What a person may do on the page: look, or also act. */
export type Role = 'view' | 'operate';

/** Who may come in, and as what. */
export interface Access {
  /** The token of each role that has one. */
  readonly tokens: Readonly<Partial<Record<Role, string>>>;
  /** Nobody can act, whatever their token. */
  readonly isReadOnly: boolean;
}

/** Whether somebody can act on this page. Without, the routes of actions do not exist. */
export function canAnybodyOperate({ tokens, isReadOnly }: Access): boolean {
  return tokens.operate !== undefined && !isReadOnly;
}

/** Whether everybody who reaches the address may look: there are no tokens. Only a loopback address is served like that. */
export function isOpen({ tokens }: Access): boolean {
  return tokens.view === undefined && tokens.operate === undefined;
}

/** What a holder of this role's token may do here. */
export function roleHere(role: Role, access: Access): Role {
  return role === 'operate' && canAnybodyOperate(access) ? 'operate' : 'view';
}
