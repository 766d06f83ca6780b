"""Opening a person's files: formats, headers, and files that are not what their name says."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather
from pyarrow import parquet as pq

from crypto_pipeline.errors import DecodeError, UsageError
from crypto_pipeline.history.own.opening import Format, open_own_file

TEXT = b"a,b\n1,2\n3,\n"
TABLE = pa.table({"a": ["1", "3"], "b": ["2", None]})


def made(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def read(path: Path, form: Format | None = None) -> list[tuple[int, dict[str, list[object]]]]:
    file = open_own_file(path, form)
    return [
        (rows.first, {name: values.to_pylist() for name, values in rows.columns.items()})
        for rows in file.rows(file.columns)
    ]


def zipped(path: Path, **texts: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as pack:
        for name, text in texts.items():
            pack.writestr(f"{name}.csv", text)
    return path


def test_open_given_each_format_gives_the_same_rows(tmp_path: Path) -> None:
    feather.write_feather(TABLE, str(tmp_path / "x.feather"))
    pq.write_table(TABLE, tmp_path / "x.parquet")
    made(tmp_path / "x.csv", TEXT)
    made(tmp_path / "x.csv.gz", gzip.compress(TEXT))
    zipped(tmp_path / "x.zip", x=TEXT)

    found = {path.name: read(path) for path in sorted(tmp_path.iterdir())}

    rows = {"a": ["1", "3"], "b": ["2", None]}
    assert found == {
        "x.csv": [(2, rows)],
        "x.csv.gz": [(2, rows)],
        "x.feather": [(1, rows)],
        "x.parquet": [(1, rows)],
        "x.zip": [(2, rows)],
    }


def test_open_given_another_name_takes_the_format_that_is_named(tmp_path: Path) -> None:
    path = made(tmp_path / "bars.txt", TEXT)

    assert read(path, Format.CSV)[0][0] == 2
    with pytest.raises(UsageError, match=r"bars\.txt does not say .* --format csv, parquet or"):
        open_own_file(path)


def test_csv_given_no_header_is_named_by_place_or_by_the_names_given(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", b"1,2,3\n4,5,6\n")

    by_place = open_own_file(path, header=False)
    named = open_own_file(path, header=None, names=("time", "price"))

    assert by_place.columns == ["1", "2", "3"]
    assert named.columns == ["time", "price", "3"]
    (rows,) = named.rows(["3", "time"])
    assert (rows.first, rows.columns["3"].to_pylist()) == (1, ["3", "6"])


def test_csv_given_names_and_a_header_takes_the_header(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", TEXT)

    assert open_own_file(path, header=None, names=("time", "price")).columns == ["a", "b"]


def test_parquet_given_many_rows_comes_in_batches_with_their_numbers(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": range(150_000)}), tmp_path / "x.parquet")

    batches = list(open_own_file(tmp_path / "x.parquet").rows(["a"]))

    assert [rows.first for rows in batches] == [1, 65_537, 131_073]
    assert [rows.columns["a"][0].as_py() + 1 for rows in batches] == [1, 65_537, 131_073]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"", "x.csv: got Empty CSV file, expected a CSV file"),
        ("x.csv", b"a,b\n1,2\n3\n", "x.csv, row 3: got 1 fields, expected 2"),
        ("x.csv", b"a,b\n\xff,2\n", "expected a CSV file"),
        ("x.csv.gz", b"a,b\n1,2\n", "expected a CSV file"),
        ("x.csv.gz", gzip.compress(TEXT, mtime=0)[:-9], "expected a CSV file"),
        ("x.zip", b"a,b\n1,2\n", "File is not a zip file"),
        ("x.parquet", b"", "expected a Parquet file"),
        ("x.parquet", TEXT * 20, "expected a Parquet file"),
        ("x.feather", b"", "expected a feather file"),
        ("x.feather", TEXT * 20, "expected a feather file"),
    ],
)
def test_read_given_other_bytes_names_the_file(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(DecodeError) as refused:
        read(made(tmp_path / name, content))

    assert said in str(refused.value)
    assert str(refused.value).startswith(name)


def test_open_given_a_zip_of_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="got 2 files, expected one CSV"):
        open_own_file(zipped(tmp_path / "x.zip", a=TEXT, b=TEXT))


def test_open_given_a_folder_or_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder; name the files in it"):
        open_own_file(tmp_path)
    with pytest.raises(UsageError, match="is not there"):
        open_own_file(tmp_path / "x.csv")
