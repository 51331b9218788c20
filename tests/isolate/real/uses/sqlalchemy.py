import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    children: Mapped[list["Child"]] = relationship(back_populates="parent")


class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(sa.ForeignKey("parent.id"))
    parent: Mapped[Parent] = relationship(back_populates="children")


def use(turn):
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Parent(name=f"p{n}", children=[Child() for _ in range(n)]) for n in range(turn % 7 + 1)])
        session.commit()
        query = (
            sa.select(Parent.name, sa.func.count(Child.id)).outerjoin(Child).group_by(Parent.name).order_by(Parent.name)
        )
        rows = [tuple(row) for row in session.execute(query)]
        try:
            session.execute(sa.text("select wrong"))
            raise AssertionError("executed")
        except sa.exc.OperationalError as error:
            said = str(error).splitlines()[0]
    engine.dispose()
    return rows, said, str(query)
