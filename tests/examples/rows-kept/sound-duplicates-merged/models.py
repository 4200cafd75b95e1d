from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

metadata = MetaData()

labels = Table(
    "labels",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)
label_uses = Table(
    "label_uses",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("label_id", BigInteger, ForeignKey("labels.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("document", Text, nullable=False),
)
