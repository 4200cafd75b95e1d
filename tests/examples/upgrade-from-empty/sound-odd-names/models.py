from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

LONG = "n" * 63

metadata = MetaData()

odd = Table(
    'User "Accounts" 100%',
    metadata,
    Column("Id", Integer, primary_key=True),
    Column("größe :x", Integer, server_default=text("1")),
    Column("select", Text, server_default="50% of it's {all}"),
    Column(LONG, Text),
    CheckConstraint('"Id" % 2 >= 0', name="größe > 0?"),
    Index('ix "odd" %s', "select"),
    comment="it's 100% %(odd)s",
)
Table(
    "Order",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("Account Id", Integer, ForeignKey(odd.c.Id, name="fk to %")),
    schema="Größe S",
)
