import { createHash } from 'node:crypto';

/** The style sheet, the script and the icon, each under a name that has its digest. */
export interface Assets {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
  /** By path. */
  readonly files: ReadonlyMap<string, Asset>;
}

export interface Asset {
  readonly type: string;
  readonly body: string;
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b6e6e"/><path d="M4 6.5h7l-2-2M12 9.5H5l2 2" fill="none" stroke="#fff" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** Keeps the assets in memory: nothing is read from the disk for a request. */
export function assetsOf({ style, script }: { readonly style: string; readonly script: string }): Assets {
  const all = [
    named('style', 'css', { type: 'text/css; charset=utf-8', body: style }),
    named('page', 'js', { type: 'text/javascript; charset=utf-8', body: script }),
    named('icon', 'svg', { type: 'image/svg+xml', body: icon }),
  ] as const;
  const [[styles], [scripts], [icons]] = all;
  return { style: styles, script: scripts, icon: icons, files: new Map(all) };
}

function named(name: string, ending: string, asset: Asset): readonly [string, Asset] {
  const digest = createHash('sha256').update(asset.body).digest('hex').slice(0, 12);
  return [`/assets/${name}.${digest}.${ending}`, asset];
}
