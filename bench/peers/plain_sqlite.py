# The same for SQLite: python plain_sqlite.py FILE DATABASE
# Upserts what differs, in transactions of 5000 rows, and deletes what the file does not have. No events, no lock, no limits.
import itertools
import json
import sqlite3
import sys

PER_BATCH = 5000
COLUMNS = ["id", "email", "state", "updated_at", "address", "tags", "note", "visits"]
OTHERS = COLUMNS[1:]
UPSERT = f"""
INSERT INTO customers ({", ".join(COLUMNS)}) VALUES ({", ".join("?" for _ in COLUMNS)})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in OTHERS)}
WHERE ({", ".join(f"customers.{c}" for c in OTHERS)})
  IS NOT ({", ".join(f"excluded.{c}" for c in OTHERS)})
"""


def rows_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            r = json.loads(line)
            address, tags = json.dumps(r["address"]), json.dumps(r["tags"])
            yield (r["id"], r["email"], r["state"], r["updated_at"], address, tags, r["note"], r["visits"])


def main(path, database):
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TEMPORARY TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
    rows = rows_of(path)
    while batch := list(itertools.islice(rows, PER_BATCH)):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(UPSERT, batch)
        connection.executemany("INSERT INTO seen VALUES (?)", [row[:1] for row in batch])
        connection.execute("COMMIT")
    connection.execute("DELETE FROM customers WHERE id NOT IN seen")
    connection.close()


main(*sys.argv[1:])
