/** SQLite knows names apart by ASCII case only where they are strings: `Email` and `email` are one column. */
export function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
