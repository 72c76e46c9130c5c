/** SQLite ignores the ASCII case of names: `Email` and `email` are one column. */
export function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
