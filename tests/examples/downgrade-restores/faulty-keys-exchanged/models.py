from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

Table("a", metadata, Column("id", Integer, primary_key=True))
Table("b", metadata, Column("id", Integer, primary_key=True))
Table(
    "c",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a_id", Integer, ForeignKey("a.id", name="c_x_fkey"), index=True),
    Column("b_id", Integer, ForeignKey("b.id", name="c_y_fkey"), index=True),
    Column("z", Integer),
)
