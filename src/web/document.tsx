import type { Assets } from './assets.ts';
import { Layout, type LayoutProps } from './parts/layout.tsx';
import { type Access, isOpen } from './protect/access.ts';

/** What all documents of a page share. */
export interface DocumentOptions {
  /** The sync's name. */
  readonly name: string;
  readonly access: Access;
  readonly assets: Assets;
  /** Replaces the secrets in a text. */
  readonly mask: (text: string) => string;
}

export type DocumentProps = Omit<LayoutProps, 'name' | 'assets' | 'isOpen'>;

/** A whole document, as it is sent. */
export function documentOf({ children, ...props }: DocumentProps, options: DocumentOptions): string {
  const { name, assets, access, mask } = options;
  const page = (
    <Layout {...props} name={name} assets={assets} isOpen={isOpen(access)}>
      {children}
    </Layout>
  );
  return mask(`<!doctype html>${page}`);
}
