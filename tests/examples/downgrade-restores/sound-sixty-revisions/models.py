"""The models: a column for most revisions, an index for every fifth, and a table for every twentieth."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, MetaData, Table, Text

TYPES = (Integer, Text, Boolean, Date)

metadata = MetaData()

facts = Table("facts", metadata, Column("id", Integer, primary_key=True))
for n in range(2, 61):
    if n % 20 == 0:
        Table(f"t{n:02}", metadata, Column("id", Integer, primary_key=True))
    elif n % 5 == 0:
        Index(f"ix_c{n - 1:02}", facts.c[f"c{n - 1:02}"])
    else:
        facts.append_column(Column(f"c{n:02}", TYPES[n % 4]))
