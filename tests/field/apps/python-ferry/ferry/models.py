from datetime import date

from advanced_alchemy.base import BigIntAuditBase
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship


class Crossing(BigIntAuditBase):
    __tablename__ = "crossing"
    route: Mapped[str]
    leaves: Mapped[str]
    minutes: Mapped[int]
    seats: Mapped[int]
    bookings: Mapped[list["Booking"]] = relationship(back_populates="crossing", lazy="selectin")


class Booking(BigIntAuditBase):
    __tablename__ = "booking"
    crossing_id: Mapped[int] = mapped_column(ForeignKey("crossing.id"))
    name: Mapped[str]
    cars: Mapped[int]
    day: Mapped[date]
    crossing: Mapped[Crossing] = relationship(back_populates="bookings", lazy="joined")
