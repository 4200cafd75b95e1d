from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

orders = Table(
    "goods_receipt_of_the_central_warehouse",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("corrected_by_receipt", ForeignKey("goods_receipt_of_the_central_warehouse.id"), index=True),
    Column("number_of_the_delivery_note", Text, index=True),
    Column("ünterlieferant_straße_und_größe", Text, index=True),
    CheckConstraint("corrected_by_receipt <> id", name="is_not_corrected_by_itself"),
    UniqueConstraint("number_of_the_delivery_note", "corrected_by_receipt"),
)
