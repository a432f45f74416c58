"""How others read the tables: the deltalake package, Polars and DuckDB, each at a version of the Delta log.

DuckDB's own `delta` extension is downloaded when it is first used. Where it cannot be had, DuckDB is given the list of
files of that version and reads them by itself: by the names of their columns, because some have columns of dense attributes.
"""

import duckdb
import polars
import pyarrow.compute
import pyarrow.parquet
from deltalake import DeltaTable

TIME = {"spans": "start_time", "logs": "time", "metrics": "time"}


def version(path):
    return DeltaTable(str(path)).version()


def by_deltalake(path, at, table):
    """Rows, sum of a number, smallest and greatest time in microseconds."""
    rows = DeltaTable(str(path), version=at).to_pyarrow_dataset().to_table(columns=[TIME[table], "service_name"])
    times = rows.column(TIME[table]).cast("int64")
    spread = pyarrow.compute.min_max(times).as_py()
    return rows.num_rows, len(rows.column("service_name").unique()), spread["min"], spread["max"]


def by_polars(path, at, table):
    time = polars.col(TIME[table]).dt.epoch("us")
    counts = [polars.len(), polars.col("service_name").n_unique(), time.min().alias("min"), time.max().alias("max")]
    return polars.scan_delta(str(path), version=at).select(counts).collect().row(0)


def by_duckdb(path, at, table):
    relation = f"delta_scan('{path}', version => {at})" if has_delta() else of_files(path, at)
    time = TIME[table]
    # An empty list of files is no table to DuckDB.
    if not files(path, at):
        return 0, 0, None, None
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if has_delta():
            connection.execute("LOAD delta")
        return connection.execute(
            f"SELECT count(*), count(DISTINCT coalesce(service_name, '')), epoch_us(min({time})), epoch_us(max({time})) "
            f"FROM {relation}").fetchone()


READERS = {"deltalake": by_deltalake, "polars": by_polars, "duckdb": by_duckdb}


def files(path, at):
    return DeltaTable(str(path), version=at).file_uris()


def of_files(path, at):
    return f"read_parquet({files(path, at)!r}, union_by_name = true)"


def dense(path, at):
    """The columns of dense attributes that some file has; the Delta log does not name them."""
    declared = {field.name for field in DeltaTable(str(path), version=at).schema().fields}
    return {name for file in files(path, at) for name in pyarrow.parquet.read_schema(file).names if name not in declared}


def has_delta():
    """Whether DuckDB's delta extension is on this machine; nothing is downloaded."""
    with duckdb.connect() as connection:
        query = "SELECT installed FROM duckdb_extensions() WHERE extension_name = 'delta'"
        return bool((connection.execute(query).fetchone() or (False,))[0])


def operations(path):
    """How many commits of each operation the log still tells."""
    counts = {}
    for commit in DeltaTable(str(path)).history():
        counts[commit["operation"]] = counts.get(commit["operation"], 0) + 1
    return counts


def columns(path, at):
    """The columns of the files as each reader names them, but for the partition's."""
    named = {
        "deltalake": [field.name for field in DeltaTable(str(path), version=at).schema().fields],
        "polars": polars.scan_delta(str(path), version=at).collect_schema().names(),
        "duckdb": [column[0] for column in duckdb.sql(f"SELECT * FROM {of_files(path, at)} LIMIT 0").description],
    }
    unnamed = dense(path, at) | {"date"}
    return {reader: [name for name in names if name not in unnamed] for reader, names in named.items()}


def whole(path, at):
    """Reads every value of every column; says how many rows there were."""
    return {
        "deltalake": DeltaTable(str(path), version=at).to_pyarrow_dataset().to_table().num_rows,
        "polars": polars.scan_delta(str(path), version=at).collect().height,
        "duckdb": duckdb.sql(f"SELECT * FROM {of_files(path, at)}").pl().height,
    }
