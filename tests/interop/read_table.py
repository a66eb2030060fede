"""Law 9: what a run wrote, other engines read: deltalake for Python, DuckDB and polars, with the design's columns,
types and order, and the same values in all three.

    python read_table.py TABLE ROWS
"""

import datetime
import glob
import os
import sys

import deltalake
import duckdb
import duckdb_extension_delta
import polars
import pyarrow

COLUMNS = [
    ("Client", "string", False),
    ("Channel", "string", False),
    ("Month", "date", False),
    ("Agent_Id", "long", False),
    ("Agent_Name", "string", True),
    ("Agent_Email", "string", True),
    ("First_Response_Time", "double", True),
    ("One_Touch_Tickets", "long", True),
    ("One_Touch_Rate", "double", True),
    ("Closed_Tickets", "long", True),
    ("Messages_Sent", "long", True),
    ("Customer_Satisfaction", "double", True),
    ("Surveys_Scored", "long", True),
    ("Average_Resolution_Time", "double", True),
    ("Source", "string", False),
    ("Created_Datetime", "timestamp", True),
    ("Last_updated_time", "timestamp", True),
]
KEY = ["Client", "Channel", "Month", "Agent_Id"]


def check(claim, holds):
    if not holds:
        sys.exit(f"FAILED: {claim}")
    print(f"ok: {claim}")


def with_deltalake(path):
    table = deltalake.DeltaTable(path)
    protocol = table.protocol()
    check("reader version 1, writer version 2", (protocol.min_reader_version, protocol.min_writer_version) == (1, 2))
    check("no reader or writer features", not protocol.reader_features and not protocol.writer_features)
    check("no partitions", table.metadata().partition_columns == [])
    fields = [(field.name, field.type.type, field.nullable) for field in table.schema().fields]
    check("deltalake sees the design's columns, types and order", fields == COLUMNS)
    check("every column has a comment", all(field.metadata.get("comment") for field in table.schema().fields))
    rows = pyarrow.table(table.to_pyarrow_table()).sort_by([(name, "ascending") for name in KEY])
    return rows.to_pylist()


def with_duckdb(path):
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    folder = os.path.dirname(duckdb_extension_delta.__file__)
    [extension] = glob.glob(os.path.join(folder, "**", "*.duckdb_extension"), recursive=True)
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone = 'UTC'")
    cursor = connection.execute(f"SELECT * FROM delta_scan('{path}') ORDER BY {', '.join(KEY)}")
    names = [column[0] for column in cursor.description]
    types = {"string": "VARCHAR", "date": "DATE", "long": "BIGINT", "double": "DOUBLE"}
    expected = [types.get(kind, "TIMESTAMP WITH TIME ZONE") for _, kind, _ in COLUMNS]
    check("DuckDB sees the same columns and types",
          (names, [str(column[1]) for column in cursor.description]) == ([name for name, _, _ in COLUMNS], expected))
    return [dict(zip(names, row)) for row in cursor.fetchall()]


def with_polars(path):
    frame = polars.scan_delta(path).sort(KEY).collect()
    types = {"string": polars.String, "date": polars.Date, "long": polars.Int64, "double": polars.Float64,
             "timestamp": polars.Datetime("us", "UTC")}
    check("polars sees the same columns and types",
          list(frame.schema.items()) == [(name, types[kind]) for name, kind, _ in COLUMNS])
    return frame.to_dicts()


def comparable(rows):
    def value(cell):
        return cell.astimezone(datetime.timezone.utc) if isinstance(cell, datetime.datetime) else cell
    return [{name: value(cell) for name, cell in row.items()} for row in rows]


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    rows = comparable(with_deltalake(path))
    check(f"{count} rows", len(rows) == count)
    check("no key stands twice", len({tuple(row[name] for name in KEY) for row in rows}) == count)
    check("there are gaps, and they are null", any(row["Customer_Satisfaction"] is None for row in rows))
    check("DuckDB reads the same values", comparable(with_duckdb(path)) == rows)
    check("polars reads the same values", comparable(with_polars(path)) == rows)


main()
