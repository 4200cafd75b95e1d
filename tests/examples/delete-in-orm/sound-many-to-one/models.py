from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


metadata = Base.metadata


class Address(Base):
    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id", ondelete="RESTRICT"), unique=True)
    address: Mapped[Address] = relationship(cascade="all, delete-orphan", single_parent=True)
