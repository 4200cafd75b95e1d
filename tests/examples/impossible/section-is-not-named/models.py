from sqlalchemy import Column, Integer, MetaData, Table

core, tenant = MetaData(), MetaData()

Table("customers", core, Column("id", Integer, primary_key=True))
Table("orders", tenant, Column("id", Integer, primary_key=True))
