from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, String, Table

metadata = MetaData(naming_convention={"ck": "ck_%(table_name)s__%(constraint_name)s"})

receipts = Table(
    "goods_receipt_reference",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("b", Integer),
    Column("name", String),
    CheckConstraint("a <> b", name="ck_goods_receipt_reference__no_self_reference"),
    Index("ix_goods_receipt_reference_name", "name", postgresql_using="gin"),
)
