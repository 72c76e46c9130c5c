# dlt, with its own way to merge by a key: python dlt_postgres.py FILE URL
import sys

import dlt
from dlt.common import json

PER_BATCH = 5000


def rows_of(path):
    batch = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            batch.append(json.loads(line))
            if len(batch) == PER_BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def main(path, url):
    columns = {"address": {"data_type": "json"}, "tags": {"data_type": "json"}}
    merge = {"disposition": "merge", "strategy": "upsert"}
    customers = dlt.resource(
        rows_of(path), name="customers", primary_key="id", write_disposition=merge, columns=columns, max_table_nesting=0
    )
    target = dlt.destinations.postgres(url)
    dlt.pipeline("peers", destination=target, dataset_name="public", progress=None).run(customers)


main(*sys.argv[1:])
