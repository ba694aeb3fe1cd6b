"""Tables as text: the first line names the columns, each other line begins with its row's name, bars stand between."""


def cells(text):
    """(row, column, cell) of every cell. Raises `AssertionError` for a line with more or fewer than the columns."""
    head, *lines = text.strip("\n").splitlines()
    columns = [column.strip() for column in head.split("|")[1:]]
    for line in lines:
        row, *texts = [part.strip() for part in line.split("|")]
        assert len(texts) == len(columns), f"{len(texts)} cells for {len(columns)} columns: {line}"
        for column, cell in zip(columns, texts, strict=True):
            yield row, column, cell
