# What somebody writes in an afternoon: python plain_postgres.py FILE URL
# COPY into a temporary table, upsert what differs, delete what the file does not have. No events, no lock, no limits.
import itertools
import json
import sys

import psycopg

PER_BATCH = 5000
COLUMNS = ["id", "email", "state", "updated_at", "address", "tags", "note", "visits"]
OTHERS = COLUMNS[1:]
UPSERT = f"""
INSERT INTO customers ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM batch
ON CONFLICT (id) DO UPDATE SET ({", ".join(OTHERS)}) = ({", ".join(f"excluded.{c}" for c in OTHERS)})
WHERE ({", ".join(f"customers.{c}" for c in OTHERS)})
  IS DISTINCT FROM ({", ".join(f"excluded.{c}" for c in OTHERS)})
"""


def rows_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            r = json.loads(line)
            address, tags = json.dumps(r["address"]), json.dumps(r["tags"])
            yield (r["id"], r["email"], r["state"], r["updated_at"], address, tags, r["note"], r["visits"])


def main(path, url):
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE batch (LIKE customers)")
        cursor.execute("CREATE TEMPORARY TABLE seen (id text)")
        rows = rows_of(path)
        while batch := list(itertools.islice(rows, PER_BATCH)):
            with connection.transaction():
                with cursor.copy(f"COPY batch ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                    for row in batch:
                        copy.write_row(row)
                cursor.execute(UPSERT)
                cursor.execute("INSERT INTO seen SELECT id FROM batch")
                cursor.execute("TRUNCATE batch")
        cursor.execute("ANALYZE seen")
        cursor.execute("DELETE FROM customers c WHERE NOT EXISTS (SELECT FROM seen s WHERE s.id = c.id)")


main(*sys.argv[1:])
